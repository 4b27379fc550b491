// Which days of an account are here, which failed, which are missing, and how far the ads' sum is
// from what the platform says of the account as a whole.
import { useState } from 'preact/hooks';
import { meta } from '../../api/sources';
import type { Account, AccountDay, Day } from '../../api/types';
import { atLeast, currentUser } from '../../session';
import { useAction } from '../../ui/action';
import { Button, Segments } from '../../ui/button';
import { addDays, dayAt, parts } from '../../ui/day';
import { Details, type Detail } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Empty, Skeleton } from '../../ui/state';
import { At } from '../../ui/when';

const spans = ['30', '90', '365'] as const;
const kinds: Record<AccountDay['state'], 'good' | 'bad' | 'quiet'> = { ok: 'good', failed: 'bad', missing: 'quiet' };

export function differs(day: AccountDay): boolean {
  return day.residual !== null && Math.abs(day.residual) >= 0.01;
}

// Days by their months, each month a row of its own.
export function byMonth(days: readonly AccountDay[]): [Day, AccountDay[]][] {
  const found = new Map<Day, AccountDay[]>();
  for (const day of [...days].sort((a, b) => a.day.localeCompare(b.day))) {
    const month = `${day.day.slice(0, 7)}-01`;
    found.set(month, [...(found.get(month) ?? []), day]);
  }
  return [...found].reverse();
}

function About({ day }: { day: AccountDay }) {
  const money = (value: number | null) => (value === null ? null : fmt.money(value, day.currency, 2));
  const rows: Detail[] = [
    [t('days.state'), <Badge kind={kinds[day.state]}>{t(`days.${day.state}`)}</Badge>],
    [t('days.rows'), day.rows === null ? null : fmt.number(day.rows)],
    [t('days.synced'), day.synced_at === null ? null : <At at={day.synced_at} />],
    [t('days.ads_spend'), money(day.ads_spend)],
    [t('days.account_spend'), money(day.account_spend)],
    [t('days.residual'), day.residual === null ? null : <span class={differs(day) ? 'nobody' : ''}>{money(day.residual)}</span>],
  ];
  return (
    <section aria-live="polite">
      <h3>{fmt.dayFull(day.day)}</h3>
      {day.error !== null && <p class="note bad"><span>{day.error}</span></p>}
      <Details rows={rows} />
    </section>
  );
}

function Strip({ days, chosen, onChoose }: { days: readonly AccountDay[]; chosen: Day | null; onChoose: (day: Day) => void }) {
  return (
    <>
      {byMonth(days).map(([month, own]) => (
        <section key={month}>
          <h3>{fmt.month(month)}</h3>
          <div class="day-strip" role="group" aria-label={fmt.month(month)}>
            {own.map((day) => (
              <button
                type="button"
                key={day.day}
                class={differs(day) ? `${day.state} differs` : day.state}
                aria-pressed={chosen === day.day}
                aria-label={`${fmt.dayFull(day.day)}: ${t(`days.${day.state}`)}${differs(day) ? `, ${t('days.differs')}` : ''}`}
                data-tip={`${fmt.dayFull(day.day)} · ${t(`days.${day.state}`)}`}
                onClick={() => onChoose(day.day)}
              >
                {parts(day.day).day}
              </button>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

function Counts({ days }: { days: readonly AccountDay[] }) {
  const count = (state: AccountDay['state']) => days.filter((day) => day.state === state).length;
  return (
    <p class="aside-line">
      <Badge kind="good">{t('days.n_ok', { n: count('ok') })}</Badge>
      <Badge kind="bad">{t('days.n_failed', { n: count('failed') })}</Badge>
      <Badge kind="quiet">{t('days.n_missing', { n: count('missing') })}</Badge>
      <Badge kind="warn">{t('days.n_differs', { n: days.filter(differs).length })}</Badge>
    </p>
  );
}

export function Days({ account, onClose }: { account: Account; onClose: () => void }) {
  const [span, setSpan] = useState<(typeof spans)[number]>('90');
  const [chosen, setChosen] = useState<Day | null>(null);
  const today = dayAt(Date.now(), account.tz);
  const from = addDays(today, 1 - Number(span));
  const loaded = useLoad(`days${account.id}-${from}`, (signal) => meta.days(account.id, from, today, signal));
  const action = useAction();
  const sync = (): void =>
    action.run('sync', async () => {
      await meta.sync(account.id, Number(span));
      return t('days.sync_started', { name: account.name });
    }, { conflict: 'jobs.conflict' });
  const shown = loaded.data?.items.find((day) => day.day === chosen);
  return (
    <Dialog side title={t('days.title', { name: account.name })} onClose={onClose}>
      <div class="filters">
        <Segments label={t('period.title')} options={spans.map((one) => ({ value: one, text: t('rates.days', { n: Number(one) }) }))} value={span} onChange={setSpan} />
        {atLeast(currentUser(), 'admin') && <Button small icon="refresh" busy={action.busy !== null} onClick={sync}>{t('days.sync')}</Button>}
      </div>
      <p class="muted">{t('days.lead', { zone: account.tz })}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="calendar" title={t('days.empty')} />
          ) : (
            <>
              <Counts days={items} />
              {shown && <About day={shown} />}
              <Strip days={items} chosen={chosen} onChoose={(day) => setChosen(day === chosen ? null : day)} />
            </>
          )
        }
      </Block>
    </Dialog>
  );
}
