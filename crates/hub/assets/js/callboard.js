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

  // Dialogs that came in open at once, and are gone when they close. What is to be typed to
  // confirm opens the button that does it.
  const confirmTyped = input => {
    const button = find('button.bad', input.form);
    const look = () => { button.disabled = input.value !== input.dataset.confirm; };
    input.addEventListener('input', look);
    look();
  };
  const openDialogs = () => {
    document.querySelectorAll('input[data-confirm]').forEach(confirmTyped);
    document.querySelectorAll('dialog[data-modal]:not([open])').forEach(dialog => {
      dialog.addEventListener('close', () => dialog.remove());
      dialog.showModal();
    });
  };
  openDialogs();
  document.addEventListener('htmx:after:swap', openDialogs);
  document.addEventListener('click', event => { if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close(); });

  // Lists: j and k move, o opens, e edits, # deletes, f and / lead to the filter.
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
    else if (event.key === 'e' || event.key === '#') {
      const scope = find('[data-jk]') ? find('[data-jk] tr.cur') : document;
      if (scope) find(`[data-key="${event.key}"]`, scope)?.click();
    }
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
  // A form that comes back with messages has not failed.
  const isPart = event => event.detail?.ctx?.target?.id !== 'shell' && ![409, 422].includes(event.detail?.ctx?.response?.status);
  document.addEventListener('htmx:response:error', event => { if (isPart(event)) say('Could not refresh. Try again', 'no'); });
  document.addEventListener('htmx:error', () => say('Could not refresh. Try again', 'no'));
})();

// Comboboxes: what was typed is looked for by htmx; arrows move through the options, Enter takes one.
(() => {
  const comboOf = element => element.closest?.('[data-combo]');
  const options = combo => [...combo.querySelectorAll('[role=option][data-value]')];
  const show = (combo, isOpen) => {
    const list = combo.querySelector('[role=listbox]');
    const input = combo.querySelector('[role=combobox]');
    list.hidden = !isOpen;
    input.setAttribute('aria-expanded', isOpen);
    if (!isOpen) return input.removeAttribute('aria-activedescendant');
    const chosen = options(combo).find(option => option.ariaSelected === 'true');
    if (chosen) { input.setAttribute('aria-activedescendant', chosen.id); chosen.scrollIntoView({ block: 'nearest' }); }
  };
  const take = (combo, option) => {
    combo.querySelector('[role=combobox]').value = option.dataset.value;
    combo.querySelector('[data-combo-add]').click();
  };
  document.addEventListener('htmx:after:swap', () => {
    for (const combo of document.querySelectorAll('[data-combo]')) {
      const input = combo.querySelector('[role=combobox]');
      show(combo, input === document.activeElement && input.value !== '' && combo.querySelector('[role=option]') !== null);
    }
  });
  document.addEventListener('keydown', event => {
    const combo = comboOf(event.target);
    if (!combo || event.target.role !== 'combobox') return;
    const all = options(combo);
    const isOpen = !combo.querySelector('[role=listbox]').hidden;
    const at = all.findIndex(option => option.ariaSelected === 'true');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      const next = isOpen ? (at + step + all.length) % all.length : Math.max(at, 0);
      all.forEach((option, index) => { option.ariaSelected = index === next; });
      show(combo, true);
    } else if (event.key === 'Enter' && isOpen && at >= 0) {
      event.preventDefault();
      take(combo, all[at]);
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault();
      show(combo, false);
    }
  });
  document.addEventListener('mousedown', event => {
    const option = event.target.closest('[data-combo] [role=option][data-value]');
    if (option) { event.preventDefault(); take(comboOf(option), option); }
  });
  document.addEventListener('focusout', event => {
    const combo = comboOf(event.target);
    if (combo && !combo.contains(event.relatedTarget)) show(combo, false);
  });
})();

// Conditions: Alt with arrows moves a rule or group, Alt Shift N adds a rule, Delete removes.
(() => {
  const press = (tree, op) => {
    const button = tree.querySelector('[data-tree-op]');
    button.value = op;
    button.click();
  };
  const MOVES = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'out', ArrowRight: 'in' };
  document.addEventListener('keydown', event => {
    const tree = event.target.closest?.('[data-tree]');
    if (!tree) return;
    const node = event.target.closest('[data-at]');
    const move = MOVES[event.key];
    if (event.altKey && move && node) {
      event.preventDefault();
      press(tree, `${move} ${node.dataset.at}`);
    } else if (event.altKey && event.shiftKey && event.code === 'KeyN') {
      event.preventDefault();
      const group = event.target.closest('[data-group]') ?? tree.querySelector('[data-group]');
      if (group) press(tree, `add-rule ${group.dataset.at}`);
    } else if (event.key === 'Delete' && event.target.matches('[data-remove]')) {
      event.preventDefault();
      event.target.click();
    } else if (event.key === 'Escape' && !event.target.closest('dialog')) {
      tree.closest('section').querySelector('[data-close]')?.click();
    }
  });
  // After a step the form says what the hub has; only what somebody is just typing stays.
  let last = '';
  document.addEventListener('focusin', event => { if (event.target.form?.id === 'wizard') last = event.target.name; });
  document.addEventListener('htmx:after:swap', event => {
    const { target, sourceEvent } = event.detail?.ctx ?? {};
    const form = document.getElementById('wizard');
    if (!form || target?.id !== 'wizard') return;
    const at = document.activeElement;
    const text = at.value;
    form.reset();
    if (sourceEvent?.type === 'change' && form.contains(at) && at.matches('input:not([type=checkbox],[type=radio]),textarea')) at.value = text;
    const wanted = sourceEvent?.type === 'submit' && form.querySelector('[autofocus]');
    if (wanted) wanted.focus();
    else if (at === document.body && last) [...form.elements].find(one => one.name === last)?.focus();
  });
  document.addEventListener('input', event => {
    const mirror = document.querySelector(`[data-mirror="${CSS.escape(event.target.id)}"]`);
    if (mirror) mirror.textContent = event.target.value;
  });
  // A role is stored once, however often the button is pressed.
  document.addEventListener('submit', event => {
    if ('once' in (event.submitter?.dataset ?? {})) setTimeout(() => { event.submitter.disabled = true; });
  });
})();
