// The sheet of keys and of what the words on the pages mean.
import { pages } from '../pages';
import { atLeast, currentUser } from '../session';
import { Dialog } from '../ui/dialog';
import { t, type Key } from '../ui/i18n';

const terms: readonly Key[] = ['metric.roas', 'metric.roi', 'metric.cpl', 'metric.cpa', 'metric.cpm', 'metric.ctr', 'metric.aov'];

export function HelpSheet({ onClose }: { onClose: () => void }) {
  const reachable = pages.filter((page) => atLeast(currentUser(), page.role));
  return (
    <Dialog title={t('help.title')} onClose={onClose} wide>
      <div class="help">
        <section>
          <h3>{t('help.keys')}</h3>
          <dl class="keys">
            <dt><kbd>/</kbd></dt><dd>{t('help.search')}</dd>
            <dt><kbd>?</kbd></dt><dd>{t('help.help')}</dd>
            <dt><kbd>Esc</kbd></dt><dd>{t('help.close')}</dd>
            {reachable.map((page) => (
              <>
                <dt key={page.key}><kbd>g</kbd> <kbd>{page.key}</kbd></dt>
                <dd>{t(page.title)}</dd>
              </>
            ))}
          </dl>
        </section>
        <section>
          <h3>{t('help.terms')}</h3>
          <dl class="terms">
            {terms.map((key) => (
              <>
                <dt key={key}>{t(key)}</dt>
                <dd>{t(`${String(key)}_hint` as Key)}</dd>
              </>
            ))}
          </dl>
          <p class="muted">{t('help.dash')}</p>
        </section>
      </div>
    </Dialog>
  );
}
