// The palette: entities, places and commands, as the hub finds them.
const paletteBox = () => find('#palette input');
const paletteList = () => find('#palette-list');
const paletteOptions = () => [...paletteList().querySelectorAll('[role=option]:not([aria-disabled])')];
let asked = 0;
async function fillPalette() {
  const mine = ++asked;
  const query = new URLSearchParams({ q: paletteBox().value });
  const answer = await fetch(`/search/palette?${query}`, { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (mine !== asked || !answer) return;
  if (answer.status === 401 || answer.redirected) { location.reload(); return; }
  if (!answer.ok) { say(words('failed'), 'no'); return; }
  paletteList().innerHTML = await answer.text();
  choose(0);
}
function openPalette() {
  const dialog = find('#palette');
  if (!dialog || dialog.open) return;
  dialog.showModal();
}
function choose(index) {
  const options = paletteOptions();
  if (!options.length) { paletteBox().removeAttribute('aria-activedescendant'); return; }
  const chosen = options[(index + options.length) % options.length];
  for (const option of options) option.setAttribute('aria-selected', option === chosen);
  paletteBox().setAttribute('aria-activedescendant', chosen.id);
  chosen.scrollIntoView({ block: 'nearest' });
}
const commands = {
  'switch-theme': () => switchTheme(),
  'copy-link': () => copyText(location.href),
  'sign-out': () => find('form[action="/sign-out"]')?.requestSubmit(),
};
function take(option, isElsewhere) {
  if (!option) return;
  if (isElsewhere && option.href) { window.open(option.href, '_blank', 'noopener'); return; }
  find('#palette').close();
  if (option.dataset.command) commands[option.dataset.command]?.();
  else location.assign(option.href);
}
let typing;
document.addEventListener('input', event => {
  if (event.target !== paletteBox()) return;
  clearTimeout(typing);
  typing = setTimeout(fillPalette, 120);
});
document.addEventListener('keydown', event => {
  if (event.target !== paletteBox()) return;
  const at = paletteOptions().findIndex(option => option.getAttribute('aria-selected') === 'true');
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) { event.preventDefault(); choose(at + steps[event.key]); }
  else if (event.key === 'Enter' && at >= 0) { event.preventDefault(); take(paletteOptions()[at], event.ctrlKey || event.metaKey); }
});
document.addEventListener('click', event => {
  const option = event.target.closest('#palette-list [role=option]');
  if (option && !event.ctrlKey && !event.metaKey) { event.preventDefault(); take(option, false); }
  if (event.target.nodeName === 'DIALOG') event.target.close();
});
// The event does not bubble, whoever opened it.
document.addEventListener('toggle', event => {
  if (event.target.id === 'palette' && event.newState === 'open') { paletteBox().value = ''; fillPalette(); }
}, true);
