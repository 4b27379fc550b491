// A change against the comparison: an arrow for where it went, a colour for whether that is good.
import type { Currency, Metric } from '../../api/types';
import { fmt, t } from '../../ui/i18n';
import { show, type Change } from '../../ui/metrics';

const arrows = { '1': '▲', '0': '•', '-1': '▼' } as const;

export function changeText(change: Change): string {
  if (change.value === null) return t('change.new');
  if (change.direction === 0) return t('change.same');
  if (change.kind === 'points') return t('change.points', { value: fmt.signed(change.value, (value) => fmt.number(value, 1)) });
  if (change.kind === 'absolute') return fmt.signed(change.value, (value) => fmt.number(value));
  const digits = Math.abs(change.value) >= 100 ? 0 : 1;
  return fmt.signed(change.value, (value) => fmt.percent(value, digits));
}

export function ChangeMark({ change, metric, before, currency }: {
  change: Change | null;
  metric?: Metric;
  before?: number | null;
  currency?: Currency;
}) {
  if (change === null) return null;
  const was =
    metric !== undefined && currency !== undefined && before !== null && before !== undefined
      ? t('change.was', { value: show(fmt, metric, before, currency) })
      : undefined;
  return (
    <span class={`change ${change.verdict}`} data-tip={was}>
      <i aria-hidden="true">{arrows[`${change.direction}`]}</i>
      <span class="num">{changeText(change)}</span>
      <span class="sr">{t(`change.${change.verdict}`)}{was !== undefined && `, ${was}`}</span>
    </span>
  );
}
