// What the settings change about every page: shown at once, and told to the hub.
(() => {
  const { dataset } = document.documentElement;
  const show = (name, value) => { if (value) dataset[name] = value; else delete dataset[name]; };
  document.addEventListener('change', event => {
    const form = event.target.closest('form[data-appearance]');
    if (!form) return;
    // Words come from the hub, so the page comes anew.
    if (event.target.name === 'language') { form.requestSubmit(); return; }
    const fields = new FormData(form);
    const theme = fields.get('theme');
    if (theme) show('theme', theme !== 'system' && theme);
    if (fields.has('density')) show('density', fields.get('density') === 'roomy' && 'roomy');
    if (form.elements.pinned) show('side', !fields.has('pinned') && 'folded');
    if (form.elements.keys) show('keys', !fields.has('keys') && 'off');
    // Whoever goes on at once takes it along.
    fetch(form.action, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', keepalive: true });
  });
})();
