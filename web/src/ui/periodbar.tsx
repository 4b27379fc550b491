// What a page of numbers looks at: period, comparison, currency, team. Every change goes to the
// address, from where the page reads it.
import type { ComponentChildren } from 'preact';
import type { Day, Preset } from '../api/types';
import { reportZone } from '../live';
import { address, go, here } from '../router';
import { presets, readView, withView, type View } from '../view';
import { Segments } from './button';
import { Calendar } from './calendar';
import { addDays, addMonths, dayAt, firstOfMonth } from './day';
import { currencySymbol } from './format';
import { fmt, t, type Key } from './i18n';
import { Icon } from './icon';
import { comparisons, currencies } from './metrics';
import { Pick, Popover } from './popover';

export function changeView(changes: Partial<View>): void {
  const { path, query } = here();
  go(address(path, withView(query, { ...readView(query), ...changes })));
}

const presetKeys: Record<Preset, Key> = {
  today: 'period.today',
  yesterday: 'period.yesterday',
  '7d': 'period.7d',
  '30d': 'period.30d',
  month: 'period.month',
};

export function presetRange(preset: Preset, today: Day): [Day, Day] {
  switch (preset) {
    case 'today':
      return [today, today];
    case 'yesterday':
      return [addDays(today, -1), addDays(today, -1)];
    case '7d':
      return [addDays(today, -6), today];
    case '30d':
      return [addDays(today, -29), today];
    case 'month':
      return [firstOfMonth(today), today];
  }
}

export function viewRange(view: View, today: Day): [Day, Day] {
  if (view.period !== 'custom') return presetRange(view.period, today);
  return [view.from ?? today, view.to ?? today];
}

function RangePicker({ view, from, to }: { view: View; from: Day; to: Day }) {
  const today = dayAt(Date.now(), reportZone);
  const lastMonth = addMonths(firstOfMonth(today), -1);
  const shortcuts: [Key, Day, Day][] = [
    ['period.yesterday', addDays(today, -1), addDays(today, -1)],
    ['period.last_month', lastMonth, addDays(firstOfMonth(today), -1)],
    ['period.90d', addDays(today, -89), today],
  ];
  return (
    <Popover
      label={t('period.range_of', { range: fmt.range(from, to) })}
      class={view.period === 'custom' ? 'on' : ''}
      button={
        <>
          <Icon name="calendar" size={15} />
          <span class="pick-value">{fmt.range(from, to)}</span>
        </>
      }
    >
      {(close) => {
        const pick = (first: Day, last: Day): void => {
          close();
          changeView({ period: 'custom', from: first, to: last });
        };
        return (
          <div class="range">
            <div class="range-shortcuts">
              {shortcuts.map(([key, first, last]) => (
                <button type="button" key={key} onClick={() => pick(first, last)}>{t(key)}</button>
              ))}
            </div>
            <Calendar from={from} to={to} today={today} onPick={pick} />
          </div>
        );
      }}
    </Popover>
  );
}

export function PeriodBar({ view, shown, compare = true, currency = true, children }: {
  view: View;
  shown?: { from: Day; to: Day } | undefined; // as the server understood it
  compare?: boolean;
  currency?: boolean;
  children?: ComponentChildren;
}) {
  const [from, to] = shown ? [shown.from, shown.to] : viewRange(view, dayAt(Date.now(), reportZone));
  return (
    <div class="controls" role="toolbar" aria-label={t('period.title')}>
      <Segments
        label={t('period.title')}
        options={presets.map((preset) => ({ value: preset, text: t(presetKeys[preset]) }))}
        value={presets.find((preset) => preset === view.period) ?? null}
        onChange={(period) => changeView({ period, from: null, to: null })}
      />
      <RangePicker view={view} from={from} to={to} />
      {compare && (
        <Pick
          class="compare"
          label={t('compare.label')}
          value={view.compare}
          options={comparisons.map((one) => ({ value: one, text: t(`compare.${one}`) }))}
          onChange={(chosen) => changeView({ compare: chosen })}
        />
      )}
      {currency && (
        <Segments
          label={t('currency.label')}
          options={currencies.map((one) => ({ value: one, text: currencySymbol(one), name: t(`currency.${one}`) }))}
          value={view.currency}
          onChange={(chosen) => changeView({ currency: chosen })}
        />
      )}
      {children}
    </div>
  );
}
