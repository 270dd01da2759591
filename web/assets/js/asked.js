// The page of an open question: notices that it was decided in another place meanwhile, and says so. Nothing can be sent then,
// what was typed stays to be read, and the rest of the page shows who has answered by now. It asks below the page's own address, so that it learns what the page would show and no
// more; only while somebody looks, and at once when somebody comes back to it. Without this one learns it by sending an answer.
const PAUSE = 10_000;
// Milliseconds after which an answer does not come any more.
const LONGEST = 30_000;
const place = document.querySelector('[data-asked]');
const form = place?.parentElement.querySelector('form');
let over = !form;
let asking = false;
let timer;

function close() {
  for (const one of form.querySelectorAll('button, input, select, textarea')) {
    if (one.matches('textarea, input:not([type=checkbox], [type=radio])')) one.readOnly = true;
    else one.disabled = true;
  }
}

async function look() {
  clearTimeout(timer);
  if (over || asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(`${location.pathname}/state`, { redirect: 'error', signal: AbortSignal.timeout(LONGEST) });
    const text = await answer.text();
    // Nothing is told of a question that is still open.
    if (answer.status === 200 && !over) {
      over = true;
      close();
      const said = document.adoptNode(new DOMParser().parseFromString(text, 'text/html').body);
      for (const part of said.querySelectorAll('template[data-instead]')) {
        part.remove();
        document.querySelector(`[data-part="${part.dataset.instead}"]`)?.replaceWith(...document.adoptNode(part.content).childNodes);
      }
      place.replaceChildren(...said.childNodes);
      document.dispatchEvent(new CustomEvent('put', { detail: place }));
    }
  } catch { /* The host is away: it is asked again. */ }
  asking = false;
  timer = setTimeout(look, PAUSE);
}

form?.addEventListener('submit', () => { over = true; });
document.addEventListener('visibilitychange', look);
addEventListener('focus', look);
addEventListener('pageshow', ({ persisted }) => {
  if (persisted && form) over = place.hasChildNodes();
});
timer = setTimeout(look, PAUSE);
