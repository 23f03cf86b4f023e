//! Who may do what: the roles of a firm's people and the rights of a client's.

use serde::{Deserialize, Serialize};

/// What a member of a firm is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Founded the firm or was made its owner: everything, people and settings too.
    Owner,
    /// Sells and delivers: everything but the firm's people and settings.
    Manager,
    /// Does the work; writes leads, prospects and draft proposals, closes none.
    Consultant,
    /// Keeps clients and money; only reads what is being sold.
    Billing,
}

impl Role {
    /// Whether they are shown from which network address something was done: they run the firm.
    pub fn sees_addresses(self) -> bool {
        match self {
            Self::Owner | Self::Manager => true,
            Self::Consultant | Self::Billing => false,
        }
    }

    /// Every role.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Manager, Self::Consultant, Self::Billing];

    /// Its name, as tokens and bodies have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Consultant => "consultant",
            Self::Billing => "billing",
        }
    }

    /// Whether who has this role may do `permission`.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{
            CloseSales, ManageFirm, ManagePortal, ManageWork, ReadBilling, ReadClients, ReadFirm, ReadSales, ReadWork, WriteBilling,
            WriteClients, WriteSales, WriteWork,
        };
        match permission {
            ReadFirm | ReadSales | ReadClients | ReadWork => true,
            ManageFirm => matches!(self, Self::Owner),
            CloseSales | ManagePortal | ManageWork => matches!(self, Self::Owner | Self::Manager),
            WriteSales | WriteWork => matches!(self, Self::Owner | Self::Manager | Self::Consultant),
            WriteClients | ReadBilling | WriteBilling => matches!(self, Self::Owner | Self::Manager | Self::Billing),
        }
    }

    /// All that who has this role may do.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.may(*p))
    }
}

/// Something that a member of a firm may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See who belongs to the firm.
    ReadFirm,
    /// Invite people, change their roles, change the firm.
    ManageFirm,
    /// See leads, prospects, proposals and contracts.
    ReadSales,
    /// Write leads, prospects and draft proposals.
    WriteSales,
    /// Approve, send and close proposals, turn prospects into clients, make contracts.
    CloseSales,
    /// See clients, their portal users and engagements.
    ReadClients,
    /// Write clients and engagements.
    WriteClients,
    /// Let people into a client's portal, and out.
    ManagePortal,
    /// See projects, tasks, time and what clients say of them.
    ReadWork,
    /// Write tasks, log time, answer clients.
    WriteWork,
    /// Set up projects, staff them, approve time and log it for others.
    ManageWork,
    /// See invoices, credit notes and credit.
    ReadBilling,
    /// Write invoices, send them, record what comes of them.
    WriteBilling,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 13] = [
        Self::ReadFirm,
        Self::ManageFirm,
        Self::ReadSales,
        Self::WriteSales,
        Self::CloseSales,
        Self::ReadClients,
        Self::WriteClients,
        Self::ManagePortal,
        Self::ReadWork,
        Self::WriteWork,
        Self::ManageWork,
        Self::ReadBilling,
        Self::WriteBilling,
    ];

    /// Whether who has it changes who may do what, or what the firm is.
    pub fn changes_access(self) -> bool {
        match self {
            Self::ManageFirm | Self::ManagePortal => true,
            Self::ReadFirm
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

    /// Its name, as the API's document and `me/` have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadFirm => "firm.read",
            Self::ManageFirm => "firm.manage",
            Self::ReadSales => "sales.read",
            Self::WriteSales => "sales.write",
            Self::CloseSales => "sales.close",
            Self::ReadClients => "clients.read",
            Self::WriteClients => "clients.write",
            Self::ManagePortal => "portal.manage",
            Self::ReadWork => "work.read",
            Self::WriteWork => "work.write",
            Self::ManageWork => "work.manage",
            Self::ReadBilling => "billing.read",
            Self::WriteBilling => "billing.write",
        }
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One of the things that a portal user may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See projects, documents, invoices and proposals.
    See,
    /// Comment on tasks and chat.
    Comment,
    /// Pay invoices.
    Pay,
    /// Accept proposals and sign contracts.
    Sign,
    /// Upload documents.
    Upload,
}

impl Serialize for Right {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 5] = [Self::See, Self::Comment, Self::Pay, Self::Sign, Self::Upload];

    /// Its name, as tokens and the API's document have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Comment => "comment",
            Self::Pay => "pay",
            Self::Sign => "sign",
            Self::Upload => "upload",
        }
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
