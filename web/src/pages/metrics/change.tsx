// A change against the comparison: an arrow for where it went, a colour for whether that is good.
import type { Currency, Metric } from '../../api/types';
import { fmt, t } from '../../ui/i18n';
import { show, type Change } from '../../ui/metrics';

const arrows = { '1': '▲', '0': '•', '-1': '▼' } as const;

export function changeText(change: Change): string {
  if (change.value === null) return t('change.new');
  if (change.direction === 0) return t('change.same');
  if (change.kind === 'points') {
    const digits = Math.abs(change.value) < 1 ? 2 : 1;
    return t('change.points', { value: fmt.signed(change.value, (value) => fmt.number(value, digits)) });
  }
  if (change.kind === 'absolute') return fmt.signed(change.value, (value) => fmt.number(value));
  const digits = Math.abs(change.value) >= 100 ? 0 : 1;
  return fmt.signed(change.value, (value) => fmt.percent(value, digits));
}

export function wasText(metric: Metric, before: number | null | undefined, currency: Currency): string | null {
  return before === null || before === undefined ? null : t('change.was', { value: show(fmt, metric, before, currency) });
}

export function ChangeMark({ change, was = null }: { change: Change | null; was?: string | null }) {
  if (change === null) return null;
  return (
    <span class={`change ${change.verdict}`} data-tip={was ?? undefined}>
      <i aria-hidden="true">{arrows[`${change.direction}`]}</i>
      <span class="num">{changeText(change)}</span>
      <span class="sr">{t(`change.${change.verdict}`)}{was !== null && `, ${was}`}</span>
    </span>
  );
}
