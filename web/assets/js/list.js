// A list that keeps itself up to date: every few seconds, while somebody looks at it, its rows come anew from the server.
// They stay as they are while something is chosen or the keyboard is in them. The page works without: a reload does it.
const PAUSE = 4000;
// Milliseconds after which an answer does not come any more.
const LONGEST = 30_000;
const rows = document.getElementById('rows');
const chosen = document.querySelector('[data-chosen]');
const boxes = () => [...document.querySelectorAll('#rows input[type=checkbox]')];

const asks = chosen?.closest('form');
const atFirst = chosen?.textContent;

function told() {
  if (!chosen) return;
  const count = boxes().filter((box) => box.checked).length;
  const words = count === 0 ? atFirst : `${count} chosen:`;
  if (chosen.textContent !== words) chosen.textContent = words;
}

// Where nothing is chosen, that is said here, and no page is left for it.
asks?.addEventListener('submit', (event) => {
  if (boxes().some((box) => box.checked)) return;
  event.preventDefault();
  delete asks.dataset.sent;
  const strong = document.createElement('strong');
  strong.textContent = 'Nothing is chosen yet: tick some below, then';
  chosen.replaceChildren(strong);
});

let before = '';
async function fresh() {
  // A job that is over does not change any more.
  if (rows.querySelector('[data-over]')) return;
  if (document.hidden) return;
  // Asked also while the rows stay as they are: whoever chooses learns that the host is away.
  const answer = await fetch(rows.dataset.rows, { credentials: 'same-origin', signal: AbortSignal.timeout(LONGEST) });
  if (!reached(answer)) return;
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
  const again = () => setTimeout(() => fresh().catch(() => reached()).finally(again), PAUSE);
  again();
}
