// Copy: a text of the button's own, or that of another element.
function copyText(text) {
  navigator.clipboard?.writeText(text).then(() => say(words('copied'), 'ok'), () => say(words('notCopied'), 'no'));
}
document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy],[data-copy-from]');
  if (!button) return;
  const { copy, copyFrom } = button.dataset;
  copyText(copy ?? find(copyFrom).textContent);
  button.closest('[popover]')?.hidePopover();
});
