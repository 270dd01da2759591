// A button that copies what stands above it. Where there is no script, it is not there.
for (const button of document.querySelectorAll('button[data-copy]')) {
  const what = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(what.textContent);
    } catch { // Over plain HTTP a page has no clipboard: what is to be copied is selected, and the old command tried.
      getSelection().selectAllChildren(what);
      if (!document.execCommand('copy')) return;
    }
    button.textContent = 'Copied';
  });
}
