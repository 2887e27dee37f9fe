// Buttons that open dialogs, where the browser does not do it by itself.
if (!('commandForElement' in HTMLButtonElement.prototype)) {
  document.addEventListener('click', event => {
    const button = event.target.closest('[commandfor]');
    const dialog = button && document.getElementById(button.getAttribute('commandfor'));
    if (dialog?.showModal && button.getAttribute('command') === 'show-modal') dialog.showModal();
    else if (dialog?.open && button.getAttribute('command') === 'close') dialog.close();
  });
}

// Dialogs that came in open at once, and are gone when they close. What is to be typed to confirm
// opens the button that does it.
const confirmTyped = input => {
  const button = find('button.bad', input.form);
  const look = () => { button.disabled = input.value !== input.dataset.confirm; };
  input.addEventListener('input', look);
  look();
};
const openDialogs = () => {
  document.querySelectorAll('input[data-confirm]').forEach(confirmTyped);
  document.querySelectorAll('dialog[data-modal]:not([open])').forEach(dialog => {
    dialog.addEventListener('close', () => dialog.remove());
    dialog.showModal();
  });
};
openDialogs();
document.addEventListener('htmx:after:swap', openDialogs);
document.addEventListener('click', event => { if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close(); });
