// A list that keeps itself up to date: every few seconds, while somebody looks at it, its rows come anew from the server.
// They stay as they are while something is chosen or the keyboard is in them. The page works without: a reload does it.
const PAUSE = 4000;
const rows = document.getElementById('rows');
const chosen = document.querySelector('[data-chosen]');
const boxes = () => [...document.querySelectorAll('#rows input[type=checkbox]')];

function told() {
  if (!chosen) return;
  const count = boxes().filter((box) => box.checked).length;
  chosen.textContent = count === 0 ? 'Choose some, then' : `${count} chosen:`;
}

let before = '';
async function fresh() {
  // A job that is over does not change any more.
  if (rows.querySelector('[data-over]')) return;
  if (document.hidden || boxes().some((box) => box.checked) || rows.contains(document.activeElement)) return;
  const answer = await fetch(rows.dataset.rows, { credentials: 'same-origin', redirect: 'error' });
  if (!answer.ok) return;
  const text = await answer.text();
  // Whoever has chosen something meanwhile keeps it.
  if (text === before || boxes().some((box) => box.checked) || rows.contains(document.activeElement)) return;
  before = text;
  const page = new DOMParser().parseFromString(text, 'text/html');
  rows.replaceChildren(...document.adoptNode(page.body).childNodes);
  document.dispatchEvent(new CustomEvent('put', { detail: rows }));
}

if (rows?.dataset.rows) {
  rows.addEventListener('change', told);
  addEventListener('pageshow', told);
  const again = () => setTimeout(() => fresh().catch(() => {}).finally(again), PAUSE);
  again();
}
