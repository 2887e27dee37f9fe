// What the pages do beyond links and forms. Every page works without it.
(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);

  // Theme: shown at once, and told to the hub so that the next page starts right.
  const showTheme = theme => {
    if (theme === 'system') delete root.dataset.theme; else root.dataset.theme = theme;
    const choice = find(`input[name=theme][value=${theme}]`);
    if (choice) choice.checked = true;
  };
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme:dark)').matches;
  const keepTheme = (form, theme) => {
    const body = new URLSearchParams(new FormData(form));
    body.set('theme', theme);
    showTheme(theme);
    fetch(form.action, { method: 'POST', body, redirect: 'manual' });
  };
  document.addEventListener('submit', event => {
    const form = event.target.closest('form[data-theme-form]');
    const theme = event.submitter?.value;
    if (!form || !theme) return;
    event.preventDefault();
    keepTheme(form, theme);
  });
  document.addEventListener('change', event => {
    const form = event.target.closest('form[data-theme-form]');
    if (form) keepTheme(form, event.target.value);
  });

  // Words in the corner, read aloud. They go by themselves after eight seconds, in which nobody
  // points at them; those about a failure stay until they are dismissed.
  const settle = note => {
    if (note.dataset.settled) return;
    note.dataset.settled = '';
    const button = document.createElement('button');
    button.className = 'btn ghost icon sm';
    button.type = 'button';
    button.textContent = '×';
    button.setAttribute('aria-label', note.parentElement.dataset.dismiss);
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
    const words = document.createElement('p');
    words.textContent = text;
    note.append(words);
    if (tone !== 'ok') note.dataset.stays = '';
    find('#status')?.replaceChildren(note);
    settleAll();
  };
  settleAll();
  document.addEventListener('htmx:after:swap', settleAll);

  // Copy.
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-copy],[data-copy-from]');
    if (!button) return;
    const { copy, copyFrom } = button.dataset;
    navigator.clipboard?.writeText(copy ?? find(copyFrom).textContent).then(
      () => { button.closest('[popover]')?.hidePopover(); say('Copied', 'ok'); },
      () => say('The browser does not let us copy', 'no'),
    );
  });

  // A file that is picked fills a field with its text.
  const offerFiles = () => document.querySelectorAll('[data-fill]').forEach(label => { label.hidden = false; });
  offerFiles();
  document.addEventListener('htmx:after:swap', offerFiles);
  document.addEventListener('change', async event => {
    const field = find(event.target.closest('[data-fill]')?.dataset.fill ?? '#no-field');
    const file = event.target.files?.[0];
    if (!field || !file) return;
    field.value = await file.text();
    event.target.value = '';
    field.focus();
  });

  // Lists: j and k move, o opens, f and / lead to the filter.
  const rows = () => [...document.querySelectorAll('[data-jk] tr')];
  const move = step => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex(row => row.classList.contains('cur'));
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    all[at]?.classList.remove('cur');
    next.classList.add('cur');
    find('a', next)?.focus();
  };
  let going = false;
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input:not([type=checkbox],[type=radio]),select,textarea,dialog')) return;
    if (going) {
      going = false;
      if (event.key === 'd') find(`form[data-theme-form] [value=${isDark() ? 'light' : 'dark'}]`)?.click();
      else find(`[data-go=${CSS.escape(event.key)}]`)?.click();
      return;
    }
    if (event.key === 'g') { going = true; setTimeout(() => { going = false; }, 900); }
    else if (event.key === 'j') move(1);
    else if (event.key === 'k') move(-1);
    else if (event.key === 'o') find('[data-jk] tr.cur a')?.click();
    else if (event.key === 'f' || event.key === '/') {
      const filter = find('[data-filter]');
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    }
  });

  // After a page came in without a reload, reading starts at its content; keys follow it.
  document.addEventListener('htmx:after:swap', event => {
    const target = event.detail?.ctx?.target;
    if (target?.id === 'shell' || target === document.body) find('#main')?.focus({ preventScroll: true });
  });
  // A refresh that fails keeps what is there and says so.
  const isPart = event => event.detail?.ctx?.target?.id !== 'shell';
  document.addEventListener('htmx:response:error', event => { if (isPart(event)) say('Could not refresh. Try again', 'no'); });
  document.addEventListener('htmx:error', () => say('Could not refresh. Try again', 'no'));
})();
