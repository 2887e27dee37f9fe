// What others change is read again every ten seconds, while somebody looks at it and does nothing
// else with it.
(() => {
  const isBusy = part => document.hidden || find('dialog[open]') || find(':popover-open', part)
    || [...part.querySelectorAll('input')].some(input => input.value !== input.defaultValue || input.checked !== input.defaultChecked);
  let place;
  setInterval(() => {
    place = find('[data-jk] .cur a')?.getAttribute('href');
    for (const part of document.querySelectorAll('[data-refresh]')) if (!isBusy(part)) part.dispatchEvent(new Event('refresh'));
  }, 10000);
  // The row that the keys had come to stays theirs.
  document.addEventListener('htmx:after:swap', event => {
    if (!place || !event.detail?.ctx?.target?.matches?.('[data-refresh]') || currentRow()) return;
    listRows().find(row => find('a', row)?.getAttribute('href') === place)?.classList.add('cur');
  });
})();
