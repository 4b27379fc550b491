// Days as text, 2026-01-31: they carry no time zone and are never turned into local instants.
import type { Day } from '../api/types';

const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

function toDate(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

function toDay(date: Date): Day {
  return date.toISOString().slice(0, 10);
}

export function isDay(text: string): boolean {
  if (!pattern.test(text)) return false;
  const date = toDate(text);
  return !Number.isNaN(date.getTime()) && toDay(date) === text;
}

export function parts(day: Day): { year: number; month: number; day: number; weekday: number } {
  const date = toDate(day);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: (date.getUTCDay() + 6) % 7, // Monday is 0
  };
}

export function addDays(day: Day, count: number): Day {
  const date = toDate(day);
  date.setUTCDate(date.getUTCDate() + count);
  return toDay(date);
}

// The same day of another month, or that month's last day when it is shorter.
export function addMonths(day: Day, count: number): Day {
  const at = parts(day);
  const first = new Date(Date.UTC(at.year, at.month + count, 1));
  const last = new Date(Date.UTC(at.year, at.month + count + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(at.day, last));
  return toDay(first);
}

export function firstOfMonth(day: Day): Day {
  return `${day.slice(0, 7)}-01`;
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((toDate(to).getTime() - toDate(from).getTime()) / 86_400_000);
}

// The days a month's page shows: whole weeks from Monday, six rows so that it never jumps.
export function monthGrid(month: Day): Day[] {
  const first = firstOfMonth(month);
  const start = addDays(first, -parts(first).weekday);
  return Array.from({ length: 42 }, (_, index) => addDays(start, index));
}

// Which day it is at an instant in a named zone.
export function dayAt(instant: number, zone: string): Day {
  // Swedish writes 2026-02-03 in every edition of the locale data; Canadian English does not.
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(instant);
  return isDay(text) ? text : toDay(new Date(instant));
}

// The last millisecond of a day in a named zone, found by halving: no zone is further than 15 hours.
export function dayEnd(day: Day, zone: string): number {
  const middle = toDate(addDays(day, 1)).getTime();
  let low = middle - 15 * 3_600_000;
  let high = middle + 15 * 3_600_000;
  while (high - low > 1) {
    const at = Math.floor((low + high) / 2);
    if (dayAt(at, zone) > day) high = at;
    else low = at;
  }
  return low;
}
