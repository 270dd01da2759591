// Shows each moment in the reader's own zone. The text that the server wrote, in UTC, stays at hand as a title.
const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const local = (root) => {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const moment = new Date(time.dateTime);
    if (time.title || Number.isNaN(moment.valueOf())) continue;
    time.title = time.textContent;
    time.textContent = ('short' in time.dataset ? short : words).format(moment);
  }
};
local(document);
// Other modules tell of what they put into the page later.
document.addEventListener('put', (event) => local(event.detail));

// What is wrong with a form is where the reader goes on.
document.querySelector('.summary')?.focus();

// A second click on a button sends nothing again.
for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
}
addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});
