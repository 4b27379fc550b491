// From an impression to a sale: how many came to each step, what one cost, and which share went on,
// each against the comparison.
import type { Metrics, Overview } from '../../api/types';
import { fmt, t } from '../../ui/i18n';
import { changeOf, definitions, reasonOf, share, steps } from '../../ui/metrics';
import { Card, Nil } from '../../ui/state';
import { ChangeMark } from './change';

const conversion = { kind: 'percent', better: 'up', change: 'points' } as const;

function rate(metrics: Metrics | null, index: number): number | null {
  const from = steps[index - 1];
  const to = steps[index];
  return metrics && from && to ? share(metrics[to.metric], metrics[from.metric]) : null;
}

export function Path({ overview }: { overview: Overview }) {
  const { totals, previous, currency } = overview;
  return (
    <Card title={t('path.title')} side={<span class="muted small">{t('path.mode')}</span>} class="path-card">
      <ol class="path">
        {steps.map(({ metric, cost }, index) => {
          const now = totals[metric];
          const before = previous?.[metric] ?? null;
          const most = Math.max(now, before ?? 0, 1);
          const went = rate(totals, index);
          const price = totals[cost];
          return (
            <li key={metric}>
              {index > 0 && (
                <p class="path-rate num">
                  {went === null ? <Nil why={t('path.no_rate')} /> : <b>{fmt.percent(went, went < 10 ? 2 : 1)}</b>}
                  <span>{t(`path.to_${metric}` as 'path.to_sales')}</span>
                  <ChangeMark change={changeOf(conversion, went, rate(previous, index))} />
                </p>
              )}
              <div class="path-step">
                <span>{t(`metric.${metric}`)}</span>
                <span class="path-cost num" data-tip={t(`metric.${cost}_hint`)}>
                  <small>{t(`metric.${cost}_short`)}</small>{' '}
                  {price === null ? (
                    <Nil why={t(`nil.${reasonOf(totals, cost) ?? 'unknown'}`)} />
                  ) : (
                    <span class={`tone ${changeOf(definitions[cost], price, previous?.[cost])?.verdict ?? 'neutral'}`}>{fmt.money(price, currency)}</span>
                  )}
                </span>
                <b class="num">{fmt.number(now)}</b>
                <span class="path-bar" data-tip={before === null ? undefined : t('change.was', { value: fmt.number(before) })}>
                  <i style={{ width: `${(now / most) * 100}%` }} />
                  {before !== null && <em style={{ left: `${(before / most) * 100}%` }} />}
                </span>
              </div>
            </li>
          );
        })}
      </ol>
      {previous !== null && <p class="muted small path-note"><em aria-hidden="true" />{t('path.tick')}</p>}
    </Card>
  );
}
