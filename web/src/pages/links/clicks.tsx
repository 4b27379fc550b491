// Who followed a link, day by day and one by one.
import { links } from '../../api/sources';
import type { LinkClicks, ShortLink } from '../../api/types';
import { reportZone } from '../../live';
import { addDays, dayAt } from '../../ui/day';
import { Details } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { CopyLine } from '../../ui/once';
import { Spark } from '../../ui/spark';
import { Badge, Block, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago } from '../../ui/when';

const classes = ['human', 'bot', 'preview'] as const;
const kinds = { human: 'good', bot: 'quiet', preview: 'accent' } as const;
type Recent = LinkClicks['recent'][number];

function Sums({ clicks }: { clicks: LinkClicks }) {
  const sum = (pick: (day: LinkClicks['days'][number]) => number) => clicks.days.reduce((all, day) => all + pick(day), 0);
  return (
    <div class="figures">
      {classes.map((one) => (
        <div key={one}>
          <small>{t(`links.class_${one}`)}</small>
          <b class="num">{fmt.number(sum((day) => day[one]))}</b>
          <Spark values={clicks.days.map((day) => day[one])} verdict={one === 'human' ? 'good' : 'neutral'} />
        </div>
      ))}
      <div>
        <small>{t('links.visitors')}</small>
        <b class="num">{fmt.number(sum((day) => day.visitors))}</b>
        <Spark values={clicks.days.map((day) => day.visitors)} verdict="neutral" />
      </div>
    </div>
  );
}

function columns(): Column<Recent>[] {
  return [
    { id: 'at', head: t('links.when'), cell: (click) => <Ago at={click.at} /> },
    { id: 'class', head: t('links.who'), kind: 'text', cell: (click) => <span class="badges"><Badge kind={kinds[click.class]}>{t(`links.class_${click.class}`)}</Badge>{click.is_first && <small class="muted">{t('links.first')}</small>}</span> },
    { id: 'from', head: t('links.from'), kind: 'text', priority: 2, cell: (click) => <span class="clip">{click.referrer_host ?? t('links.direct')}</span> },
    { id: 'net', head: t('links.net'), hint: t('links.net_hint'), kind: 'text', priority: 3, cell: (click) => <span class="mono">{click.ip_prefix}</span> },
    { id: 'agent', head: t('links.agent'), kind: 'text', priority: 3, cell: (click) => <span class="clip muted" title={click.agent}>{click.agent}</span> },
  ];
}

export function ClicksDrawer({ link, onClose }: { link: ShortLink; onClose: () => void }) {
  const today = dayAt(Date.now(), reportZone);
  const from = addDays(today, -29);
  const loaded = useLoad(`clicks${link.id}-${today}`, (signal) => links.clicks(link.id, from, today, signal));
  return (
    <Dialog side title={link.title === '' ? link.code : link.title} onClose={onClose}>
      <CopyLine label={t('links.short')} text={link.short_url} />
      <Details
        rows={[
          [t('links.target'), <span class="mono">{link.target}</span>],
          [t('links.owner'), link.owner_name],
          [t('links.policy'), t(`links.policy_${link.merge_policy}`)],
          [t('links.expires'), link.expires_at === null ? t('links.never') : <Ago at={link.expires_at} />],
        ]}
      />
      <h3>{fmt.range(from, today)}</h3>
      <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
        {(clicks) => (
          <>
            <Sums clicks={clicks} />
            {clicks.recent.length === 0 ? (
              <Empty icon="link" title={t('links.no_clicks')} />
            ) : (
              <>
                <h3>{t('links.recent')}</h3>
                <DataTable caption={t('links.recent')} rows={clicks.recent} columns={columns()} keyOf={(click) => `${click.at}${click.agent}${click.ip_prefix}${click.is_first}`} order={null} onOrder={() => undefined} />
              </>
            )}
          </>
        )}
      </Block>
    </Dialog>
  );
}
