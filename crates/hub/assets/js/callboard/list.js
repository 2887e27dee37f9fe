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
// What a key does to the row that was chosen: the control with its `data-key`.
const actOnRow = key => find(`[data-key="${CSS.escape(key)}"]`, currentRow() ?? undefined)?.click();
const moveTab = step => {
  const tabs = [...document.querySelectorAll('main .tabs a')];
  const at = tabs.findIndex(tab => tab.hasAttribute('aria-current'));
  if (at >= 0) tabs[at + step]?.click();
};
