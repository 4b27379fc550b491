// Fields that used to come and no longer do: the other side has changed its form.
import type { Drift } from '../../api/types';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { Badge, Card } from '../../ui/state';
import { Ago } from '../../ui/when';

export function DriftCard({ items }: { items: readonly Drift[] }) {
  return (
    <Card title={t('drift.title')}>
      <p class="muted">{t('drift.lead')}</p>
      <ul class="items">
        {items.map((one) => (
          <li class="item" key={`${one.source}${one.field}${one.last_seen_at}`}>
            <div class="two-lines">
              <span class="mono clip" title={one.field}>{one.field}</span>
              <small>
                {tMaybe(`inbox.source_${one.source}`) ?? one.source} · {one.share_before !== null && `${t('drift.share', { n: fmt.number(one.share_before) })} · `}{t('drift.last')} <Ago at={one.last_seen_at} />
              </small>
            </div>
            {one.back_at === null ? <Badge kind="warn">{t('drift.gone')}</Badge> : <Badge kind="good">{t('drift.back')}</Badge>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
