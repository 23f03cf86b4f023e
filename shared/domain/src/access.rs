//! Who may do what: the roles of a firm's people and the rights of a client's.

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// What a member of a firm is there.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        /// Founded the firm or was made its owner: everything, people and settings too.
        Owner = "owner",
        /// Sells and delivers: everything but the firm's people and settings.
        Manager = "manager",
        /// Does the work; writes leads, prospects and draft proposals, closes none.
        Consultant = "consultant",
        /// Keeps clients and money; only reads what is being sold.
        Billing = "billing",
    }
}

impl Role {
    /// Whether they are shown from which network address something was done: they run the firm.
    pub fn sees_addresses(self) -> bool {
        match self {
            Self::Owner | Self::Manager => true,
            Self::Consultant | Self::Billing => false,
        }
    }

    /// Whether who has this role may do `permission`.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{
            CloseSales, ManageFirm, ManageMail, ManagePortal, ManageWork, ReadBilling, ReadClients, ReadFirm, ReadSales, ReadWork,
            WriteBilling, WriteClients, WriteSales, WriteWork,
        };
        match permission {
            ReadFirm | ReadSales | ReadClients | ReadWork => true,
            ManageFirm => matches!(self, Self::Owner),
            CloseSales | ManageMail | ManagePortal | ManageWork => matches!(self, Self::Owner | Self::Manager),
            WriteSales | WriteWork => matches!(self, Self::Owner | Self::Manager | Self::Consultant),
            WriteClients | ReadBilling | WriteBilling => matches!(self, Self::Owner | Self::Manager | Self::Billing),
        }
    }

    /// All that who has this role may do.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.may(*p))
    }
}

names! {
    /// Something that a member of a firm may or may not do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Permission {
        /// See who belongs to the firm.
        ReadFirm = "firm.read",
        /// Invite people, change their roles, change the firm.
        ManageFirm = "firm.manage",
        /// Let mail go again to an address from which it came back.
        ManageMail = "mail.manage",
        /// See leads, prospects, proposals and contracts.
        ReadSales = "sales.read",
        /// Write leads, prospects and draft proposals.
        WriteSales = "sales.write",
        /// Approve, send and close proposals, turn prospects into clients, make contracts.
        CloseSales = "sales.close",
        /// See clients, their portal users and engagements.
        ReadClients = "clients.read",
        /// Write clients and engagements.
        WriteClients = "clients.write",
        /// Let people into a client's portal, and out.
        ManagePortal = "portal.manage",
        /// See projects, tasks, time and what clients say of them.
        ReadWork = "work.read",
        /// Write tasks, log time, answer clients.
        WriteWork = "work.write",
        /// Set up projects, staff them, approve time and log it for others.
        ManageWork = "work.manage",
        /// See invoices, credit notes and credit.
        ReadBilling = "billing.read",
        /// Write invoices, send them, record what comes of them.
        WriteBilling = "billing.write",
    }
}

impl Permission {
    /// Whether who has it changes who may do what, or what the firm is.
    pub fn changes_access(self) -> bool {
        match self {
            Self::ManageFirm | Self::ManagePortal => true,
            Self::ReadFirm
            | Self::ManageMail
            | Self::ReadSales
            | Self::WriteSales
            | Self::CloseSales
            | Self::ReadClients
            | Self::WriteClients
            | Self::ReadWork
            | Self::WriteWork
            | Self::ManageWork
            | Self::ReadBilling
            | Self::WriteBilling => false,
        }
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

names! {
    /// One of the things that a portal user may or may not do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Right {
        /// See projects, documents, invoices and proposals.
        See = "see",
        /// Comment on tasks and chat.
        Comment = "comment",
        /// Pay invoices.
        Pay = "pay",
        /// Accept proposals and sign contracts.
        Sign = "sign",
        /// Upload documents.
        Upload = "upload",
    }
}

impl Serialize for Right {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a portal user may do with what is their client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// See projects, documents, invoices and proposals.
    pub see: bool,
    /// Comment on tasks and chat.
    pub comment: bool,
    /// Pay invoices.
    pub pay: bool,
    /// Accept proposals and sign contracts.
    pub sign: bool,
    /// Upload documents.
    pub upload: bool,
}

impl Rights {
    /// What the first contact of a client gets.
    pub const ALL: Self = Self { see: true, comment: true, pay: true, sign: true, upload: true };

    /// Whether `right` is given.
    pub fn may(self, right: Right) -> bool {
        let Self { see, comment, pay, sign, upload } = self;
        match right {
            Right::See => see,
            Right::Comment => comment,
            Right::Pay => pay,
            Right::Sign => sign,
            Right::Upload => upload,
        }
    }

    /// The names of those that are given, as a token's `scope` has them.
    pub fn scope(self) -> String {
        Right::ALL.into_iter().filter(|right| self.may(*right)).map(Right::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// To see and to comment: what is safe to give to anyone at a client.
impl Default for Rights {
    fn default() -> Self {
        Self { see: true, comment: true, pay: false, sign: false, upload: false }
    }
}
