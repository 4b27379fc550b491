// A month to pick two days from: by pointer, or with arrows, Page Up/Down, Home, End and Enter.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Day } from '../api/types';
import { addDays, addMonths, firstOfMonth, monthGrid, parts } from './day';
import { fmt, t } from './i18n';
import { Icon } from './icon';

interface CalendarProps {
  from: Day;
  to: Day;
  today: Day;
  single?: boolean; // one click picks one day
  future?: boolean; // days to come may be picked
  onPick: (from: Day, to: Day) => void;
}

function keyStep(key: string, day: Day): Day | null {
  switch (key) {
    case 'ArrowLeft':
      return addDays(day, -1);
    case 'ArrowRight':
      return addDays(day, 1);
    case 'ArrowUp':
      return addDays(day, -7);
    case 'ArrowDown':
      return addDays(day, 7);
    case 'PageUp':
      return addMonths(day, -1);
    case 'PageDown':
      return addMonths(day, 1);
    case 'Home':
      return addDays(day, -parts(day).weekday);
    case 'End':
      return addDays(day, 6 - parts(day).weekday);
    default:
      return null;
  }
}

export function Calendar({ from, to, today, single = false, future = false, onPick }: CalendarProps) {
  const latest = future ? '9999-12-31' : today;
  const [month, setMonth] = useState(firstOfMonth(to));
  const [start, setStart] = useState<Day | null>(null); // the first of two clicks was made
  const [at, setAt] = useState(to); // where the keyboard is
  const [over, setOver] = useState<Day | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const byKey = useRef(false);

  useEffect(() => {
    if (byKey.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    byKey.current = false;
  }, [at]);

  const pick = (day: Day): void => {
    setAt(day);
    if (single) onPick(day, day);
    else if (start === null) setStart(day);
    else {
      setStart(null);
      onPick(start < day ? start : day, start < day ? day : start);
    }
  };
  const keyed = (event: KeyboardEvent): void => {
    const next = keyStep(event.key, at);
    if (next === null) return;
    event.preventDefault();
    const reached = next > latest ? latest : next;
    byKey.current = true;
    setAt(reached);
    setOver(reached);
    setMonth(firstOfMonth(reached));
  };

  const other = over ?? at;
  const low = start === null ? from : start < other ? start : other;
  const high = start === null ? to : start < other ? other : start;
  const days = monthGrid(month);
  const stop = days.includes(at) ? at : month;
  return (
    <div class="calendar">
      <header>
        <button type="button" class="icon-button" aria-label={t('calendar.previous')} onClick={() => setMonth(addMonths(month, -1))}>
          <Icon name="left" />
        </button>
        <strong aria-live="polite">{fmt.month(month)}</strong>
        <button
          type="button"
          class="icon-button"
          aria-label={t('calendar.next')}
          disabled={addMonths(month, 1) > latest}
          onClick={() => setMonth(addMonths(month, 1))}
        >
          <Icon name="right" />
        </button>
      </header>
      <div class="calendar-week" aria-hidden="true">
        {fmt.weekdays().map((name) => <span key={name.long}>{name.short}</span>)}
      </div>
      <div class="calendar-days" ref={grid} role="group" aria-label={fmt.month(month)} onKeyDown={keyed}>
        {days.map((day) => (
          <button
            type="button"
            key={day}
            tabIndex={day === stop ? 0 : -1}
            disabled={day > latest}
            aria-label={fmt.dayFull(day)}
            aria-pressed={day >= low && day <= high}
            class={[
              day.slice(0, 7) === month.slice(0, 7) ? '' : 'other',
              day === today ? 'today' : '',
              day === low ? 'low' : '',
              day === high ? 'high' : '',
            ].join(' ').trim()}
            onPointerEnter={() => setOver(day)}
            onClick={() => pick(day)}
          >
            {parts(day).day}
          </button>
        ))}
      </div>
      {!single && <p class="calendar-hint">{start === null ? t('calendar.first') : t('calendar.second')}</p>}
    </div>
  );
}
