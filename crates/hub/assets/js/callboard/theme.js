// Theme: shown at once, and told to the hub so that the next page starts right.
const showTheme = theme => {
  if (theme === 'system') delete root.dataset.theme; else root.dataset.theme = theme;
  const choice = find(`input[name=theme][value=${theme}]`);
  if (choice) choice.checked = true;
};
const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme:dark)').matches;
const keepTheme = (form, theme) => {
  const body = new URLSearchParams(new FormData(form));
  body.set('theme', theme);
  showTheme(theme);
  fetch(form.action, { method: 'POST', body, redirect: 'manual' });
};
function switchTheme() { find(`form[data-theme-form] [value=${isDark() ? 'light' : 'dark'}]`)?.click(); }
document.addEventListener('submit', event => {
  const form = event.target.closest('form[data-theme-form]');
  const theme = event.submitter?.value;
  if (!form || !theme) return;
  event.preventDefault();
  keepTheme(form, theme);
});
document.addEventListener('change', event => {
  const form = event.target.closest('form[data-theme-form]');
  if (form) keepTheme(form, event.target.value);
});
