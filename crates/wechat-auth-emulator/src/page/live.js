'use strict';
document.documentElement.classList.add('scripted');
{
  const { watch, everyMs } = document.querySelector('main').dataset;

  // A part that somebody is using stays as it is; a list holds still while one of its entries is open.
  const inUse = part => {
    const active = document.activeElement;
    const selection = getSelection();
    return (part.contains(active) && active.matches('input, select, textarea, [data-copies]'))
      || (part.dataset.live === 'hold' && part.querySelector('details[open]'))
      || (!selection.isCollapsed && part.contains(selection.anchorNode));
  };

  const renew = (part, fresh) => {
    for (const details of part.querySelectorAll('details[open]'))
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute('open', '');
    if (fresh.innerHTML === part.innerHTML) return;
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  };

  const look = async () => {
    try {
      const answer = await fetch(watch, { redirect: 'manual', cache: 'no-store' });
      // It leads elsewhere, or there is nothing more to see: the browser goes there itself.
      if (!answer.ok) return location.replace(watch);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const part of document.querySelectorAll('[data-live]')) {
        const fresh = page.getElementById(part.id);
        if (fresh && !inUse(part)) renew(part, fresh);
      }
    } catch {
      // The emulator is away; ask again.
    }
    setTimeout(look, everyMs);
  };
  if (watch) setTimeout(look, everyMs);

  document.addEventListener('click', async event => {
    const button = event.target.closest('[data-copies]');
    if (!button) return;
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      // The browser does not trust this host name so far: somebody copies by hand.
      text.closest('details').open = true;
      return text.select();
    }
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; button.blur(); }, 1500);
  });
}
