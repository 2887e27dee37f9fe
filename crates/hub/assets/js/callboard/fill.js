// A file that is picked fills a field with its text, where it can be read and changed.
document.addEventListener('change', async event => {
  const field = find(event.target.closest('[data-fill]')?.dataset.fill ?? '#no-field');
  const file = event.target.files?.[0];
  if (!field || !file) return;
  field.value = await file.text();
  event.target.value = '';
  field.focus();
});
