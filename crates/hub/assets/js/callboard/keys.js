// Keys. Single ones are off inside fields and dialogs, and wherever the person turned them off;
// Ctrl K stays.
const keyActions = {
  '/': () => openPalette(),
  '?': () => openSheet(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  o: () => find('a', currentRow() ?? document.createElement('i'))?.click(),
  s: () => find('.star', currentRow() ?? find('main'))?.click(),
  f: () => { const field = find('[data-filter]'); field?.focus(); field?.select(); },
  c: () => find('.side a[href="/create"]')?.click(),
  '[': () => moveTab(-1),
  ']': () => moveTab(1),
};
// The sheet of the keys comes when it is first asked for; where it does not, there is its page.
const openSheet = async () => {
  if (!find('#keys')) {
    const answer = await fetch('/settings/shortcuts', { headers: { 'HX-Request': 'true' } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return location.assign('/settings/shortcuts');
    document.body.insertAdjacentHTML('beforeend', await answer.text());
  }
  const sheet = find('#keys');
  if (!sheet.open) sheet.showModal();
};
let going = 0;
document.addEventListener('keydown', event => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || root.dataset.keys === 'off') return;
  if (event.target.closest('input:not([type=checkbox],[type=radio]),select,textarea,dialog')) return;
  if (event.timeStamp < going) {
    going = 0;
    if (event.key === 'd') switchTheme();
    else find(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === 'g') going = event.timeStamp + 900;
  else if (keyActions[event.key]) {
    event.preventDefault();
    keyActions[event.key]();
  } else if (['e', '#', 'r'].includes(event.key)) actOnRow(event.key);
});
