// One box that chooses all rows of a list's page, or none of them, and shows which of both they are, or that it is some. It
// stands above the list, where rows that come anew leave it. Without a script it is hidden, and rows are chosen one by one.
const every = document.querySelector('[data-every] input');

function mark() {
  const all = boxes();
  const many = all.filter((box) => box.checked).length;
  every.checked = many > 0 && many === all.length;
  every.indeterminate = many > 0 && many < all.length;
  every.closest('[data-every]').hidden = all.length < 2;
}

if (every) {
  every.addEventListener('change', () => {
    for (const box of boxes()) box.checked = every.checked;
    told();
  });
  rows.addEventListener('change', mark);
  document.addEventListener('put', mark);
  addEventListener('pageshow', mark);
  mark();
}
