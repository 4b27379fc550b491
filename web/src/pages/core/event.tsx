// One event: what is known of it, its bytes, and a way to take it again.
import { inbox } from '../../api/sources';
import type { InboxEvent, InboxState } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Details, type Detail } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Raw } from '../../ui/raw';
import { Badge, Block, Skeleton } from '../../ui/state';
import { At, sizeText } from '../../ui/when';

export const stateKinds: Record<InboxState, 'good' | 'bad' | 'accent'> = { new: 'accent', done: 'good', parked: 'bad' };
export const signatureKinds: Record<InboxEvent['signature'], 'good' | 'bad' | 'quiet'> = { ok: 'good', bad: 'bad', none: 'quiet' };

function detailsOf(event: InboxEvent): Detail[] {
  return [
    [t('inbox.source'), tMaybe(`inbox.source_${event.source}`) ?? event.source],
    [t('inbox.received'), <At at={event.received_at} />],
    [t('sources.state'), <Badge kind={stateKinds[event.state]}>{t(`inbox.${event.state}`)}</Badge>],
    [t('inbox.signature'), <Badge kind={signatureKinds[event.signature]}>{t(`inbox.signature_${event.signature}`)}</Badge>],
    [t('jobs.outcome'), event.outcome],
    [t('inbox.subject'), event.subject],
    [t('inbox.parser'), event.parser === null ? null : <span class="mono">{event.parser}</span>],
    [t('inbox.tries'), fmt.number(event.attempts)],
    [t('inbox.replays'), fmt.number(event.replays)],
    [t('inbox.size'), sizeText(event.size)],
    [t('inbox.done_at'), event.done_at === null ? null : <At at={event.done_at} />],
  ];
}

export function EventDrawer({ id, onChange, onClose }: { id: number; onChange: () => void; onClose: () => void }) {
  const loaded = useLoad(`inbox-event${id}`, (signal) => inbox.one(id, signal));
  const action = useAction();
  const replay = (): void =>
    action.run('replay', async () => {
      await inbox.replay(id);
      loaded.reload();
      onChange();
      return t('inbox.replayed');
    });
  return (
    <Dialog side title={t('inbox.number', { n: String(id) })} onClose={onClose}>
      <Block loaded={loaded} skeleton={<Skeleton lines={8} />}>
        {(event) => (
          <>
            {event.error !== null && <p class="note bad"><span>{event.error}</span></p>}
            <Details rows={detailsOf(event)} />
            <p class="filters">
              <Button icon="restore" busy={action.busy !== null} onClick={replay}>{t('inbox.replay')}</Button>
            </p>
            <Raw key={event.id} body={event.body} contentType={event.content_type} />
            {event.encoding === 'base64' && <small class="muted">{t('inbox.base64')}</small>}
          </>
        )}
      </Block>
    </Dialog>
  );
}
