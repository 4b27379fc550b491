// The keyboard: / searches, ? helps, g and a letter goes to a page.
import { addressOf, pages } from '../pages';
import { go } from '../router';
import { atLeast, currentUser } from '../session';

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}

export function openSheet(name: 'help' | 'search'): void {
  document.dispatchEvent(new CustomEvent('traffic-sheet', { detail: name }));
}

export function startKeys(sheets: { help: () => void; search: () => void }): () => void {
  let afterG = 0;
  const pressed = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      sheets.search();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    // Letters by their place on the keyboard: in a Cyrillic layout g is another letter.
    const letter = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : '';
    if (event.timeStamp - afterG < 1200 && letter !== '') {
      afterG = 0;
      const page = pages.find((one) => one.key === letter && atLeast(currentUser(), one.role));
      if (page) {
        event.preventDefault();
        go(addressOf(page));
      }
      return;
    }
    if (letter === 'g') afterG = event.timeStamp;
    else if (event.key === '?' || (event.code === 'Slash' && event.shiftKey)) sheets.help();
    else if (event.key === '/' || event.code === 'Slash') {
      event.preventDefault();
      const box = document.querySelector<HTMLElement>('[data-search]');
      if (box) box.focus();
      else sheets.search();
    }
  };
  document.addEventListener('keydown', pressed);
  return () => document.removeEventListener('keydown', pressed);
}
