// The short links: how often people, robots and messengers followed each.
import { useState } from 'preact/hooks';
import { links } from '../../api/sources';
import type { ShortLink } from '../../api/types';
import { atLeast, currentUser } from '../../session';
import { copyText, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Filter, matches } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { Actions, type Action } from '../../ui/popover';
import { Badge, Block, Card, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago } from '../../ui/when';
import { ClicksDrawer } from './clicks';
import { EditLink } from './edit';

function State({ link }: { link: ShortLink }) {
  if (link.archived_at !== null) return <Badge kind="quiet">{t('team.archived')}</Badge>;
  if (link.expires_at !== null && link.expires_at <= Date.now()) return <Badge kind="warn">{t('links.expired')}</Badge>;
  return null;
}

function columns(open: (link: ShortLink) => void, actionsOf: (link: ShortLink) => Action[]): Column<ShortLink>[] {
  return [
    {
      id: 'title',
      head: t('links.one'),
      cell: (link) => (
        <span class="two-lines">
          <span class="badges">
            <button type="button" class="as-link clip" title={link.title} onClick={() => open(link)}>{link.title === '' ? link.code : link.title}</button>
            <State link={link} />
          </span>
          <small class="mono">{link.short_url}</small>
        </span>
      ),
    },
    { id: 'target', head: t('links.target'), kind: 'text', priority: 3, cell: (link) => <span class="clip mono" title={link.target}>{link.target}</span> },
    { id: 'human', head: t('links.human'), hint: t('links.human_hint'), kind: 'number', cell: (link) => fmt.number(link.clicks.human) },
    { id: 'visitors', head: t('links.visitors'), hint: t('links.visitors_hint'), kind: 'number', priority: 2, cell: (link) => fmt.number(link.visitors) },
    { id: 'others', head: t('links.others'), hint: t('links.others_hint'), kind: 'number', priority: 3, cell: (link) => <span class="muted">{fmt.number(link.clicks.bot)} / {fmt.number(link.clicks.preview)}</span> },
    { id: 'team', head: t('team.one'), kind: 'text', priority: 3, cell: (link) => link.team_name ?? <Nil why={t('accounts.no_team')} /> },
    { id: 'last', head: t('links.last'), kind: 'text', priority: 3, cell: (link) => <Ago at={link.last_click_at} none={t('links.no_clicks')} /> },
    {
      id: 'tools',
      head: t('users.tools'),
      kind: 'tool',
      cell: (link) => <Actions label={t('action.for', { name: link.title })} actions={actionsOf(link)} />,
    },
  ];
}

export function LinkList() {
  const mayWrite = atLeast(currentUser(), 'targetologist');
  const list = usePaged('links', (cursor, signal) => links.list({ cursor, limit: 100 }, signal));
  const [find, setFind] = useState('');
  const [editing, setEditing] = useState<'new' | ShortLink | null>(null);
  const [open, setOpen] = useState<ShortLink | null>(null);
  const action = useAction();
  const act = (link: ShortLink, work: () => Promise<unknown>, said: string): void =>
    action.run(`l${link.id}`, async () => {
      await work();
      list.reload();
      return said;
    });
  const actionsOf = (link: ShortLink): Action[] => {
    const all: Action[] = [
      { text: t('links.copy'), run: () => act(link, () => copyText(link.short_url), t('action.copied')) },
      { text: t('links.clicks'), run: () => setOpen(link) },
    ];
    if (!mayWrite) return all;
    if (link.archived_at !== null) return [...all, { text: t('teams.restore'), run: () => act(link, () => links.restore(link.id), t('links.restored')) }];
    return [
      ...all,
      { text: t('action.edit'), run: () => setEditing(link) },
      { text: t('teams.archive'), danger: true, run: () => act(link, () => links.archive(link.id), t('links.archived')) },
    ];
  };
  const rows = list.items.filter((link) => matches(find, link.title, link.code, link.target, link.utm_source, link.team_name));
  return (
    <Card
      title={t('links.title')}
      side={
        <>
          <Filter value={find} onInput={setFind} label={t('links.find')} />
          {mayWrite && <Button kind="primary" icon="plus" onClick={() => setEditing('new')}>{t('links.add')}</Button>}
        </>
      }
    >
      <Block loaded={list} skeleton={<Skeleton lines={7} />}>
        {() =>
          list.items.length === 0 ? (
            <Empty icon="link" title={t('links.empty')} text={t('links.empty_text')}>
              {mayWrite && <Button kind="primary" onClick={() => setEditing('new')}>{t('links.add')}</Button>}
            </Empty>
          ) : (
            <>
              <DataTable
                caption={t('links.title')}
                rows={rows}
                columns={columns(setOpen, actionsOf)}
                keyOf={(link) => String(link.id)}
                order={null}
                onOrder={() => undefined}
                rowClass={(link) => (link.archived_at === null ? '' : 'off')}
              />
              <More list={list} />
            </>
          )
        }
      </Block>
      {editing !== null && (
        <EditLink
          link={editing === 'new' ? null : editing}
          onDone={() => {
            setEditing(null);
            list.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
      {open && <ClicksDrawer link={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}
