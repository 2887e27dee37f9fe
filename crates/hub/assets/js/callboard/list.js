// Lists: j and k move, o opens.
const listRows = () => [...document.querySelectorAll('[data-jk] tr, [data-jk]>li')];
const currentRow = () => find('[data-jk] .cur');
const moveRow = step => {
  const all = listRows();
  if (!all.length) return;
  const at = all.findIndex(row => row.classList.contains('cur'));
  const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
  all[at]?.classList.remove('cur');
  next.classList.add('cur');
  find('a', next)?.focus();
};
// What a key does: the control with its `data-key`, of the row that was chosen or else of the page.
const actOnRow = key => {
  const own = `[data-key="${key}"]`;
  (find(own, currentRow() ?? document.createElement('i')) ?? find(`${own}:not([data-jk] *)`))?.click();
};
const moveTab = step => {
  const tabs = [...document.querySelectorAll('main .tabs a')];
  const at = tabs.findIndex(tab => tab.hasAttribute('aria-current'));
  if (at >= 0) tabs[at + step]?.click();
};
