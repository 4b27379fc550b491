// Names and values, one below the other: what a record consists of.
import type { ComponentChildren } from 'preact';
import { t } from './i18n';
import { Nil } from './state';

export type Detail = [name: string, value: ComponentChildren];

const isEmpty = (value: ComponentChildren): boolean => value === null || value === undefined || value === '';

export function Details({ rows }: { rows: readonly Detail[] }) {
  return (
    <dl class="details">
      {rows.map(([name, value]) => (
        <>
          <dt key={name}>{name}</dt>
          <dd>{isEmpty(value) ? <Nil why={t('nil.unknown')} /> : value}</dd>
        </>
      ))}
    </dl>
  );
}
