// Sorting of tables: stable, by words in the language shown, and whatever has no value comes last
// in both directions.
export interface Order {
  column: string;
  descending: boolean;
}
export type Sortable = number | string | null;

export function compareValues(a: Sortable, b: Sortable, descending: boolean, collator: Intl.Collator): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return descending ? -order : order;
}

export function sortRows<T>(rows: readonly T[], value: (row: T) => Sortable, descending: boolean, locale = 'ru'): T[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  return rows
    .map((row, index) => ({ row, index, key: value(row) }))
    .sort((a, b) => compareValues(a.key, b.key, descending, collator) || a.index - b.index)
    .map(({ row }) => row);
}

export function nextOrder(order: Order | null, column: string, firstDescending: boolean): Order {
  if (order?.column !== column) return { column, descending: firstDescending };
  return { column, descending: !order.descending };
}

// As it stands in an address: -roas is descending.
export function readOrder(text: string | null): Order | null {
  if (text === null || text === '' || text === '-') return null;
  return text.startsWith('-')
    ? { column: text.slice(1), descending: true }
    : { column: text, descending: false };
}

export function writeOrder(order: Order | null): string | null {
  return order && (order.descending ? '-' : '') + order.column;
}
