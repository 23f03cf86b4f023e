//! Handlers that are alike for all resources: to show a record, to archive it and take it out again, to list what
//! happened to it. A resource names them, so that they can be found, and says who may call them.

/// Write the handlers that a resource has in common with others.
///
/// ```text
/// api::standard_handlers! {
///     CampaignId, CampaignOut, "/api/crm/campaigns/{id}/":
///     /// Show a campaign.
///     show_campaign: show by Staff<may::ReadSales>;
///     /// Archive a campaign.
///     archive_campaign: archive by Staff<may::WriteSales>;
///     /// Take a campaign out of the archive.
///     restore_campaign: restore by Staff<may::WriteSales>;
///     /// List what happened to a campaign.
///     list_campaign_history: history by Staff<may::ReadSales>;
/// }
/// ```
#[macro_export]
macro_rules! standard_handlers {
    ($id:ty, $shown:ty, $path:literal: $($(#[$doc:meta])+ $handler:ident: $kind:ident by $caller:ident<$may:ty>;)+) => {
        $($crate::standard_handler! { $kind, $handler, $id, $shown, $path, $caller<$may>, $(#[$doc])+ })+
    };
}

/// One of [`standard_handlers!`](crate::standard_handlers).
#[doc(hidden)]
#[macro_export]
macro_rules! standard_handler {
    (show, $handler:ident, $id:ty, $shown:ty, $path:literal, $caller:ident<$may:ty>, $(#[$doc:meta])+) => {
        $(#[$doc])+
        #[$crate::get($path)]
        async fn $handler(cx: $crate::Cx, by: $crate::$caller<$may>, $crate::Path(id): $crate::Path<$id>) -> Result<$crate::Answer<$shown>, $crate::Problem> {
            cx.show(&by, id).await
        }
    };
    (archive, $handler:ident, $id:ty, $shown:ty, $path:literal, $caller:ident<$may:ty>, $(#[$doc:meta])+) => {
        $(#[$doc])+
        #[$crate::delete($path)]
        async fn $handler(cx: $crate::Cx, by: $crate::$caller<$may>, $crate::Path(id): $crate::Path<$id>) -> Result<$crate::Answer<()>, $crate::Problem> {
            cx.archive(&by, id).await
        }
    };
    (restore, $handler:ident, $id:ty, $shown:ty, $path:literal, $caller:ident<$may:ty>, $(#[$doc:meta])+) => {
        $(#[$doc])+
        #[$crate::post($path "restore/")]
        async fn $handler(cx: $crate::Cx, by: $crate::$caller<$may>, $crate::Path(id): $crate::Path<$id>) -> Result<$crate::Answer<$shown>, $crate::Problem> {
            cx.restore(&by, id).await
        }
    };
    (history, $handler:ident, $id:ty, $shown:ty, $path:literal, $caller:ident<$may:ty>, $(#[$doc:meta])+) => {
        $(#[$doc])+
        #[$crate::get($path "history/")]
        async fn $handler(
            cx: $crate::Cx,
            by: $crate::$caller<$may>,
            $crate::Path(id): $crate::Path<$id>,
            query: $crate::ListQuery<$crate::NoFilter>,
        ) -> Result<$crate::Answer<$crate::Page<$crate::EventOut>>, $crate::Problem> {
            cx.history::<$shown, _>(&by, id, &query).await
        }
    };
}
