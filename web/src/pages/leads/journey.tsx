// One lead: its way through the funnel, the touches before it, the same person's other leads, and
// the bytes that brought it.
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { leads } from '../../api/sources';
import type { Lead, LeadDetail, Touch } from '../../api/types';
import { atLeast, currentUser } from '../../session';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Details, type Detail } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Raw } from '../../ui/raw';
import { Badge, Block, Skeleton } from '../../ui/state';
import { At } from '../../ui/when';

export const saleKinds: { [state: string]: 'good' | 'accent' | 'quiet' | 'bad' } = { won: 'good', open: 'accent', lost: 'bad', deleted: 'quiet' };

export function kindName(lead: Lead): string {
  return tMaybe(`lead.kind_${lead.source_kind}`) ?? lead.source_kind;
}

function Stages({ lead }: { lead: LeadDetail }) {
  const came = { stage: t('journey.came'), at: lead.created_at, by: kindName(lead) };
  const later = lead.stages.map(({ stage, at, source }) => ({ stage: tMaybe(`funnel.${stage}`) ?? stage, at, by: tMaybe(`journey.by_${source}`) ?? source }));
  const steps = [came, ...later].sort((a, b) => a.at - b.at);
  return (
    <>
      <h3>{t('journey.title')}</h3>
      <ol class="timeline">
        {steps.map((step) => (
          <li key={`${step.stage}${step.at}`}>
            <b>{step.stage}</b>
            <small><At at={step.at} /> · {step.by}</small>
          </li>
        ))}
      </ol>
      {later.length === 0 && <p class="muted">{t('journey.no_steps')}</p>}
    </>
  );
}

function touchRows(touch: Touch): Detail[] {
  const rows: Detail[] = [
    [t('journey.at'), <At at={touch.at} />],
    ['utm_source', touch.utm_source],
    ['utm_medium', touch.utm_medium],
    ['utm_campaign', touch.utm_campaign],
    ['utm_content', touch.utm_content],
    ['utm_term', touch.utm_term],
    [t('journey.click'), touch.click_kind === null ? null : <span class="mono">{touch.click_kind}: {touch.click_id}</span>],
    [t('links.from'), touch.referrer],
    [t('journey.landing'), touch.landing],
  ];
  return rows.filter(([, value]) => value !== null);
}

function Person({ lead, onOpen, onChange }: { lead: LeadDetail; onOpen: (id: number) => void; onChange: () => void }) {
  const action = useAction();
  const others = lead.same_person.filter((id) => id !== lead.id);
  const turn = (id: number, how: 'undo' | 'redo'): void =>
    action.run(`m${id}`, async () => {
      await leads.merge(id, how);
      onChange();
      return t(how === 'undo' ? 'journey.undone' : 'journey.redone');
    });
  if (others.length === 0 && lead.merges.length === 0) return null;
  return (
    <>
      <h3>{t('journey.same')}</h3>
      {others.length > 0 && (
        <p class="badges">
          {others.map((id) => <Button key={id} small onClick={() => onOpen(id)}>{t('lead.number', { id: String(id) })}</Button>)}
        </p>
      )}
      <ul class="items">
        {lead.merges.map((merge) => (
          <li class="item" key={merge.id}>
            <span class="two-lines">
              <span>{t('journey.merged_by', { kind: tMaybe(`journey.key_${merge.kind}`) ?? merge.kind })} {merge.undone_at !== null && <Badge kind="quiet">{t('journey.is_undone')}</Badge>}</span>
              <small><At at={merge.at} /></small>
            </span>
            {atLeast(currentUser(), 'admin') && (
              <Button small busy={action.busy === `m${merge.id}`} onClick={() => turn(merge.id, merge.undone_at === null ? 'undo' : 'redo')}>
                {t(merge.undone_at === null ? 'journey.undo' : 'journey.redo')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function LeadRaw({ id }: { id: number }) {
  const loaded = useLoad(`lead-raw${id}`, (signal) => leads.raw(id, signal));
  if (loaded.error instanceof ApiError && loaded.error.status === 404) return <p class="muted">{t('raw.none')}</p>;
  return <Block loaded={loaded} skeleton={<Skeleton lines={5} />}>{(raw) => <Raw body={raw.body} contentType={raw.content_type} />}</Block>;
}

export function Journey({ id, onOpen, onClose }: { id: number; onOpen: (id: number) => void; onClose: () => void }) {
  const loaded = useLoad(`lead${id}`, (signal) => leads.one(id, signal));
  const [raw, setRaw] = useState(false);
  return (
    <Dialog side title={loaded.data?.name ?? t('lead.number', { id: String(id) })} onClose={onClose}>
      <Block loaded={loaded} skeleton={<Skeleton lines={9} />}>
        {(lead) => (
          <>
            <div class={lead.team_id === null ? 'receipt-why nobody' : 'receipt-why'}>
              <b>{lead.team_name ?? t('team.unattributed')}</b>
              {lead.reason !== null && <p>{tMaybe(`reason.${lead.reason}`, { tag: lead.utm_source ?? '', campaign: lead.campaign_name ?? '', ad: lead.ad_name ?? '' }) ?? lead.reason}</p>}
            </div>
            <Details
              rows={[
                [t('lead.external'), <span class="mono">{lead.external_id}</span>],
                [t('lead.phone'), lead.phone_tail === null ? null : `···${lead.phone_tail}`],
                [t('group.campaign'), lead.campaign_name],
                [t('group.ad'), lead.ad_name],
                [t('lead.site'), lead.site],
                [t('sale.one'), lead.sale_state === null ? null : <Badge kind={saleKinds[lead.sale_state] ?? 'quiet'}>{tMaybe(`sale.${lead.sale_state}`) ?? lead.sale_state}</Badge>],
              ]}
            />
            {lead.via_lead_id !== null && (
              <p class="note"><span>{t('lead.via')} <button type="button" class="as-link" onClick={() => onOpen(lead.via_lead_id ?? id)}>{t('lead.number', { id: String(lead.via_lead_id) })}</button></span></p>
            )}
            {lead.duplicate_of !== null && (
              <p class="note"><span>{t('lead.repeat_tip')} <button type="button" class="as-link" onClick={() => onOpen(lead.duplicate_of ?? id)}>{t('lead.number', { id: String(lead.duplicate_of) })}</button></span></p>
            )}
            <Stages lead={lead} />
            {lead.touches.map((touch) => (
              <section key={touch.position}>
                <h3>{t(`journey.${touch.position}`)}</h3>
                <Details rows={touchRows(touch)} />
              </section>
            ))}
            <Person lead={lead} onOpen={onOpen} onChange={loaded.reload} />
            <h3>{t('raw.title')}</h3>
            {raw ? <LeadRaw id={id} /> : <Button small onClick={() => setRaw(true)}>{t('raw.open')}</Button>}
          </>
        )}
      </Block>
    </Dialog>
  );
}
