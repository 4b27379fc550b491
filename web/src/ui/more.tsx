// The end of a list that comes page by page.
import { Button } from './button';
import { errorText } from './errors';
import { t } from './i18n';
import type { Paged } from './paged';

export function More<T>({ list }: { list: Paged<T> }) {
  if (list.next === null && list.moreError === null) return null;
  return (
    <div class="more">
      {list.moreError !== null && <p class="form-error" role="alert">{errorText(list.moreError)}</p>}
      {list.next !== null && <Button busy={list.loadingMore} onClick={list.more}>{t('action.more')}</Button>}
    </div>
  );
}
