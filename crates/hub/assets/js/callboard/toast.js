// Words in the corner, read aloud. They go by themselves after eight seconds, in which nobody
// points at them; those about a failure stay until they are dismissed.
const settle = note => {
  if (note.dataset.settled) return;
  note.dataset.settled = '';
  const button = document.createElement('button');
  button.className = 'btn ghost icon sm';
  button.type = 'button';
  button.textContent = '×';
  button.setAttribute('aria-label', words('dismiss'));
  button.addEventListener('click', () => note.remove());
  note.append(button);
  if ('stays' in note.dataset) return;
  let timer;
  const wait = () => { clearTimeout(timer); timer = setTimeout(() => note.remove(), 8000); };
  const hold = () => clearTimeout(timer);
  for (const [event, act] of [['mouseenter', hold], ['focusin', hold], ['mouseleave', wait], ['focusout', wait]]) note.addEventListener(event, act);
  wait();
};
const settleAll = () => document.querySelectorAll('#status .note').forEach(settle);
const say = (text, tone) => {
  const note = document.createElement('div');
  note.className = `note ${tone}`;
  const line = document.createElement('p');
  line.textContent = text;
  note.append(line);
  if (tone !== 'ok') note.dataset.stays = '';
  find('#status')?.replaceChildren(note);
  settleAll();
};
settleAll();
document.addEventListener('htmx:after:swap', settleAll);
