// Buttons that open dialogs, where the browser does not do it by itself.
if (!('commandForElement' in HTMLButtonElement.prototype)) {
  document.addEventListener('click', event => {
    const button = event.target.closest('[commandfor]');
    const dialog = button && document.getElementById(button.getAttribute('commandfor'));
    if (dialog?.showModal && button.getAttribute('command') === 'show-modal') dialog.showModal();
    else if (dialog?.open && button.getAttribute('command') === 'close') dialog.close();
  });
}
