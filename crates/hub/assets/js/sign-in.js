// The sign-in page: shows that a way was taken, and takes the only one where the hub says so.
(() => {
  document.addEventListener('click', event => {
    const door = event.target.closest('a[data-door]');
    if (!door || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (door.getAttribute('aria-disabled')) { event.preventDefault(); return; }
    door.setAttribute('aria-disabled', 'true');
    door.setAttribute('aria-busy', 'true');
  });
  // A page that the browser kept is shown again as it was left.
  addEventListener('pageshow', () => {
    for (const door of document.querySelectorAll('a[data-door]')) {
      door.removeAttribute('aria-disabled');
      door.removeAttribute('aria-busy');
    }
  });
  const only = document.querySelector('a[data-door=on]');
  if (only) location.replace(only.href);
})();
