// What the pages do beyond links and forms. Every page works without it. The modules of this
// folder are joined to one script with one scope.
const root = document.documentElement;
function find(selector, within = document) { return within.querySelector(selector); }
// The words of the page's language, which the shell carries.
function words(name) { return find('#status')?.dataset[name] ?? ''; }

// Where there is no room for all tabs, the page's own is in sight.
const showTab = () => {
  const tab = find('main .tabs [aria-current]');
  if (!tab) return;
  const [own, all] = [tab.getBoundingClientRect(), tab.parentElement.getBoundingClientRect()];
  tab.parentElement.scrollLeft += own.left - all.left - (all.width - own.width) / 2;
};
showTab();
// After a page came in without a reload, reading starts at its content; keys follow it.
document.addEventListener('htmx:after:swap', event => {
  const target = event.detail?.ctx?.target;
  if (target?.id !== 'shell' && target !== document.body) return;
  find('#main')?.focus({ preventScroll: true });
  showTab();
});
// What fails keeps what is there and says so, in the words that came along. Markup of the hub tells
// by itself, such as a form with messages; a proxy's own page has no place within ours.
document.addEventListener('htmx:response:error', event => {
  const { hx, response, text } = event.detail.ctx;
  const isTold = hx.reswap === 'none';
  if (hx.redirect || (!isTold && response.headers.get('vary')?.includes('HX-Request'))) return;
  hx.reswap = 'none';
  say((isTold && text) || words('failed'), 'no');
});
document.addEventListener('htmx:error', () => say(words('failed'), 'no'));
// What was there stays readable without the hub; whoever reads it should know.
addEventListener('offline', () => say(words('offline'), 'no'));
addEventListener('online', () => find('#status')?.replaceChildren());
