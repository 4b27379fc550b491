// What needs care speaks before the numbers: one line with the consequence and the one action.
import { useState } from 'preact/hooks';
import type { Problem, Role } from '../../api/types';
import { reportZone } from '../../live';
import { atLeast, currentUser } from '../../session';
import { fmt, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';

const actions: Record<Problem['code'], { to: string; role: Role }> = {
  token_dead: { to: '/connections', role: 'admin' },
  sync_failed: { to: '/sources', role: 'targetologist' },
  webhook_silent: { to: '/sources', role: 'targetologist' },
  rate_missing: { to: '/rates', role: 'admin' },
  unbound_accounts: { to: '/accounts', role: 'admin' },
};

function Line({ problem, children }: { problem: Problem; children?: preact.ComponentChildren }) {
  const { to, role } = actions[problem.code];
  const words = { n: problem.count, subject: problem.subject };
  return (
    <div class={problem.code === 'unbound_accounts' || problem.code === 'webhook_silent' ? 'problem' : 'problem bad'}>
      <Icon name="alert" />
      <p>
        <b>{t(`problem.${problem.code}`, words)}</b>
        <span>
          {t(`problem.${problem.code}_so`, words)}
          {problem.since !== null && ` ${t('problem.since', { when: fmt.moment(problem.since, reportZone) })}`}
        </span>
      </p>
      {children}
      {atLeast(currentUser(), role) ? <a href={to}>{t(`problem.${problem.code}_do`)}</a> : <small>{t('problem.tell')}</small>}
    </div>
  );
}

export function Problems({ problems }: { problems: readonly Problem[] }) {
  const [open, setOpen] = useState(false);
  const [first, ...others] = problems;
  if (!first) return null;
  return (
    <section class="problems" aria-label={t('problem.title')}>
      <Line problem={first}>
        {others.length > 0 && (
          <button type="button" class="button quiet small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t('problem.less') : t('problem.more', { n: others.length })}
          </button>
        )}
      </Line>
      {open && others.map((problem) => <Line problem={problem} key={problem.code + problem.subject} />)}
    </section>
  );
}
