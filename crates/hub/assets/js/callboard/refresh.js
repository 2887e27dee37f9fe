// What others change is read again every ten seconds, while somebody looks at it and does nothing
// else with it.
(() => {
  const isBusy = part => document.hidden || find('dialog[open]') || find(':popover-open', part)
    || [...part.querySelectorAll('input')].some(input => input.value !== input.defaultValue || input.checked !== input.defaultChecked);
  setInterval(() => {
    for (const part of document.querySelectorAll('[data-refresh]')) if (!isBusy(part)) part.dispatchEvent(new Event('refresh'));
  }, 10000);
  // The row that the keys had come to stays theirs.
  let place;
  const linkOf = row => find('a', row)?.getAttribute('href');
  const isRefresh = event => event.detail?.ctx?.sourceEvent?.type === 'refresh';
  document.addEventListener('htmx:before:swap', event => {
    if (isRefresh(event)) place = currentRow() && linkOf(currentRow());
  });
  document.addEventListener('htmx:after:swap', event => {
    if (isRefresh(event) && place && !currentRow()) listRows().find(row => linkOf(row) === place)?.classList.add('cur');
  });
})();
