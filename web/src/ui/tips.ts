// One tooltip for the whole page: whatever carries data-tip shows it on hover and on focus.
// The text is repeated for screen readers where it says more than the element itself.
let bubble: HTMLElement | null = null;
let owner: Element | null = null;

function hide(): void {
  bubble?.remove();
  bubble = null;
  owner = null;
}

function place(at: HTMLElement, around: DOMRect): void {
  const box = at.getBoundingClientRect();
  const gap = 8;
  const left = Math.min(Math.max(gap, around.left + around.width / 2 - box.width / 2), innerWidth - box.width - gap);
  const above = around.top - box.height - gap;
  at.style.left = `${Math.round(left)}px`;
  at.style.top = `${Math.round(above > gap ? above : around.bottom + gap)}px`;
}

function show(target: Element): void {
  const text = target.getAttribute('data-tip');
  if (text === null || text === '' || target === owner) return;
  hide();
  owner = target;
  bubble = document.createElement('div');
  bubble.className = 'tip';
  bubble.setAttribute('role', 'tooltip');
  bubble.textContent = text;
  // A modal dialog lies above everything else on the page, so its tips must lie inside it.
  (target.closest('dialog') ?? document.body).append(bubble);
  place(bubble, target.getBoundingClientRect());
}

function found(event: Event): Element | null {
  return event.target instanceof Element ? event.target.closest('[data-tip]') : null;
}

export function startTips(): void {
  document.addEventListener('pointerover', (event) => {
    const target = found(event);
    if (target) show(target);
    else hide();
  });
  document.addEventListener('focusin', (event) => {
    const target = found(event);
    if (target?.matches(':focus-visible')) show(target);
    else hide();
  });
  document.addEventListener('focusout', hide);
  document.addEventListener('pointerdown', hide);
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
  });
}
