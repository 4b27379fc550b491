// Three questions that people ask when numbers look wrong, each answered by one click; and for
// administrators, what the system consists of and what it has been doing.
import '../../kit_more';
import { sources } from '../../api/sources';
import type { Check, Diagnosis, Recipe } from '../../api/types';
import { isOpen } from '../../pages';
import { setQuery, usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { isDay } from '../../ui/day';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { Icon, type IconName } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { Button } from '../../ui/button';
import { Badge, Block, Card, Skeleton } from '../../ui/state';
import { TeamFilter } from '../../ui/teampick';
import { readView } from '../../view';
import { Monitoring } from './monitoring';

const recipes: readonly { name: Recipe; icon: IconName }[] = [
  { name: 'no_facebook_data', icon: 'accounts' },
  { name: 'metrics_are_zero', icon: 'chart' },
  { name: 'roas_looks_wrong', icon: 'rates' },
];
const kinds: Record<Check['state'], 'good' | 'warn' | 'bad' | 'quiet'> = { ok: 'good', warn: 'warn', fail: 'bad', skipped: 'quiet' };

function written(name: string, value: string | number | null): string {
  if (typeof value === 'number') return name.endsWith('_at') ? fmt.ago(value, Date.now()) : fmt.number(value);
  if (value === null) return '';
  if (name === 'outcome') return tMaybe(`outcome.${value}`) ?? value;
  return isDay(value) ? fmt.dayFull(value) : value;
}

function Facts({ detail }: { detail: Check['detail'] }) {
  const parts = Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${tMaybe(`fact.${name}`) ?? name.replace(/_/g, ' ')}: ${written(name, value)}`);
  return parts.length === 0 ? null : <small>{parts.join(' · ')}</small>;
}

function Line({ one }: { one: Check }) {
  return (
    <li class={one.state}>
      <Badge kind={kinds[one.state]}>{t(`check.${one.state}`)}</Badge>
      <div>
        <p>{tMaybe(`check.${one.check}`) ?? one.check.replace(/_/g, ' ')}</p>
        <Facts detail={one.detail} />
      </div>
      {isOpen(one.fix) && <a class="button small" href={one.fix}>{t('sources.fix')}</a>}
    </li>
  );
}

function Verdict({ verdict, items }: { verdict: Diagnosis['verdict']; items: readonly Check[] }) {
  const count = (state: Check['state']) => items.filter((one) => one.state === state).length;
  if (verdict === 'problem') return <p class="note bad"><Icon name="alert" size={16} /><span>{t('diagnostics.found', { n: count('fail') })}</span></p>;
  if (count('warn') > 0) return <p class="note warn"><Icon name="alert" size={16} /><span>{t('diagnostics.warned', { n: count('warn') })}</span></p>;
  return <p class="note"><Icon name="check" size={16} /><span>{t('diagnostics.fine')}</span></p>;
}

const gravity: readonly Check['state'][] = ['fail', 'warn', 'ok', 'skipped'];

function Answer({ recipe, team }: { recipe: Recipe; team: number | null }) {
  const loaded = useLoad(`diagnosis${recipe}${team ?? ''}`, (signal) => sources.diagnose(recipe, team, signal));
  return (
    <Card title={t(`recipe.${recipe}`)} side={<Button icon="refresh" busy={loaded.busy} onClick={loaded.reload}>{t('diagnostics.again')}</Button>}>
      <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
        {({ verdict, items }) => (
          <div aria-live="polite">
            <Verdict verdict={verdict} items={items} />
            <ul class="check-list">
              {[...items].sort((a, b) => gravity.indexOf(a.state) - gravity.indexOf(b.state)).map((one) => <Line key={one.check} one={one} />)}
            </ul>
          </div>
        )}
      </Block>
    </Card>
  );
}

export default function DiagnosticsPage() {
  const { query } = usePlace();
  const view = readView(query);
  const chosen = recipes.find((one) => one.name === query.get('recipe'))?.name ?? null;
  return (
    <>
      <PageHead title={t('nav.diagnostics')} lead={t('diagnostics.lead')}>
        <div class="controls"><TeamFilter view={view} /></div>
      </PageHead>
      <div class="recipes" role="group" aria-label={t('nav.diagnostics')}>
        {recipes.map(({ name, icon }) => (
          <button type="button" class="recipe" key={name} aria-pressed={chosen === name} onClick={() => setQuery({ recipe: name })}>
            <Icon name={icon} size={22} />
            <b>{t(`recipe.${name}`)}</b>
            <span>{t(`recipe.${name}_text`)}</span>
          </button>
        ))}
      </div>
      <div class="stack under">
        {chosen !== null && <Answer key={chosen} recipe={chosen} team={view.team} />}
        {atLeast(currentUser(), 'admin') && <Monitoring />}
      </div>
    </>
  );
}
