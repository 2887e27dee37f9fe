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
