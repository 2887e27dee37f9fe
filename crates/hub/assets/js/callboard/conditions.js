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
    for (const shown of form.querySelectorAll('selectedcontent')) shown.replaceChildren(...shown.closest('select').selectedOptions[0]?.cloneNode(true).childNodes ?? []);
    if (sourceEvent?.type === 'change' && form.contains(at) && at.matches('input:not([type=checkbox],[type=radio]),textarea')) at.value = text;
    if (sourceEvent?.type === 'submit') form.querySelector(':popover-open')?.hidePopover();
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
