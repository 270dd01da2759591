// Shows each moment in the reader's own zone. The text that the server wrote, in UTC, stays at hand as a title.
const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });
const brief = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const stamp = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
function tell(part) {
  for (const time of part.querySelectorAll('time[datetime]')) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf()) || time.title) continue;
    time.title = time.textContent;
    time.textContent = ({ brief, stamp }[time.className] ?? words).format(moment);
  }
}
tell(document);
// Another module has put this part into the page.
document.addEventListener('put', (event) => tell(event.detail));

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
