// Tables: numbers right, names left and pinned, sorting by click and keyboard, nulls last.
import type { ComponentChildren } from 'preact';
import { fmt, t } from './i18n';
import { Icon } from './icon';
import { nextOrder, sortRows, type Order, type Sortable } from './sort';

export interface Column<T> {
  id: string;
  head: string;
  hint?: string | undefined;
  kind?: 'text' | 'number' | 'tool';
  priority?: 1 | 2 | 3;
  cell: (row: T) => ComponentChildren;
  sort?: (row: T) => Sortable;
  total?: ComponentChildren;
}

interface TableProps<T> {
  caption: string; // what it is, for screen readers
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  order: Order | null;
  onOrder: (order: Order) => void;
  last?: (row: T) => boolean; // rows that stay at the end however it is sorted
  totals?: boolean;
  rowClass?: (row: T) => string;
}

export function columnClass<T>(column: Column<T>, index: number): string {
  const kind = column.kind ?? (index === 0 ? 'text' : 'number');
  return `${kind}${index === 0 ? ' pinned' : ''}${(column.priority ?? 1) > 1 ? ` p${column.priority}` : ''}`;
}

export function orderRows<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  order: Order | null,
  last?: (row: T) => boolean,
): T[] {
  const column = columns.find((one) => one.id === order?.column && one.sort);
  const sorted = column?.sort && order ? sortRows(rows, column.sort, order.descending, fmt.locale) : [...rows];
  return last ? [...sorted.filter((row) => !last(row)), ...sorted.filter(last)] : sorted;
}

function ariaSort(order: Order | null, id: string): 'ascending' | 'descending' | 'none' {
  if (order?.column !== id) return 'none';
  return order.descending ? 'descending' : 'ascending';
}

export function TableHead<T>({ columns, order, onOrder }: {
  columns: readonly Column<T>[];
  order: Order | null;
  onOrder: (order: Order) => void;
}) {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => (
          <th
            key={column.id}
            scope="col"
            class={columnClass(column, index)}
            aria-sort={column.sort ? ariaSort(order, column.id) : undefined}
          >
            {column.sort ? (
              <button
                type="button"
                data-tip={column.hint}
                onClick={() => onOrder(nextOrder(order, column.id, columnClass(column, index).startsWith('number')))}
              >
                <span>{column.head}</span>
                <Icon name={order?.column === column.id && !order.descending ? 'up' : 'down'} size={12} />
              </button>
            ) : column.kind === 'tool' ? (
              <span class="sr">{column.head}</span>
            ) : (
              <span data-tip={column.hint}>{column.head}</span>
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function DataTable<T>(props: TableProps<T>) {
  const { columns, order } = props;
  const rows = orderRows(props.rows, columns, order, props.last);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={props.caption}>
      <table>
        <caption class="sr">{props.caption}</caption>
        <TableHead columns={columns} order={order} onOrder={props.onOrder} />
        <tbody>
          {rows.map((row) => (
            <tr key={props.keyOf(row)} class={props.rowClass?.(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row" key={column.id} class={columnClass(column, index)}>{column.cell(row)}</th>
                ) : (
                  <td key={column.id} class={columnClass(column, index)}>{column.cell(row)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
        {props.totals && rows.length > 0 && (
          <tfoot>
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row" key={column.id} class={columnClass(column, index)}>{t('table.total')}</th>
                ) : (
                  <td key={column.id} class={columnClass(column, index)}>{column.total}</td>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
