// What the pages do beyond links and forms. Every page works without it. The modules of this
// folder are joined to one script with one scope.
const root = document.documentElement;
function find(selector, within = document) { return within.querySelector(selector); }
// The words of the page's language, which the shell carries.
function words(name) { return find('#status')?.dataset[name] ?? ''; }

// After a page came in without a reload, reading starts at its content; keys follow it.
document.addEventListener('htmx:after:swap', event => {
  const target = event.detail?.ctx?.target;
  if (target?.id === 'shell' || target === document.body) find('#main')?.focus({ preventScroll: true });
});
// A refresh that fails keeps what is there and says so.
// A form that comes back with messages has not failed.
const isPart = event => event.detail?.ctx?.target?.id !== 'shell' && ![409, 422].includes(event.detail?.ctx?.response?.status);
document.addEventListener('htmx:response:error', event => { if (isPart(event)) say(words('failed'), 'no'); });
document.addEventListener('htmx:error', () => say(words('failed'), 'no'));
// What was there stays readable without the hub; whoever reads it should know.
addEventListener('offline', () => say(words('offline'), 'no'));
addEventListener('online', () => find('#status')?.replaceChildren());
