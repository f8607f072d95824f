//! The CA, and the one certificate that it signs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{TlsError, WECHAT_HOSTS};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const CA_LIFE: Duration = Duration::from_secs(3_650 * DAY.as_secs());
/// The longest that Apple's clients accept.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(825 * DAY.as_secs());

/// A CA with its private key, which appears nowhere but in [`key_pem`](Self::key_pem).
pub(super) struct Authority {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub(super) fn new() -> Result<Self, TlsError> {
        let key = KeyPair::generate().map_err(|_| TlsError::NotMade)?;
        let certificate = ca().self_signed(&key).map_err(|_| TlsError::NotMade)?;
        Ok(Self {
            certificate: certificate.into(),
            key,
        })
    }

    pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificate = CertificateDer::from_pem_slice(certificate).map_err(|_| TlsError::NotOurs)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(key).map_err(|_| TlsError::NotOurs)?;
        let key = KeyPair::try_from(&key).map_err(|_| TlsError::NotOurs)?;
        Ok(Self { certificate, key })
    }

    pub(super) fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    pub(super) fn key_pem(&self) -> String {
        pem("PRIVATE KEY", self.key.serialized_der())
    }

    /// A server with a new certificate of this CA, tried as a client would.
    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let key = KeyPair::generate().map_err(|_| TlsError::NotMade)?;
        let issuer = Issuer::new(ca(), &self.key);
        let certificate = server().signed_by(&key, &issuer);
        let certificate = CertificateDer::from(certificate.map_err(|_| TlsError::NotMade)?);
        let provider = Arc::new(ring::default_provider());
        self.vouches_for(&certificate, &provider)
            .map_err(|_| TlsError::NotOurs)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate], key)
            });
        config.map(Arc::new).map_err(|_| TlsError::NotMade)
    }

    /// False for another CA's key, and once the CA has expired.
    fn vouches_for(
        &self,
        certificate: &CertificateDer<'_>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?;
        for name in WECHAT_HOSTS.into_iter().chain(["localhost", "127.0.0.1", "::1"]) {
            let name = ServerName::try_from(name)?;
            verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now())?;
        }
        Ok(())
    }
}

/// A leaked key shall be of little use: whoever honours the constraints takes nothing but
/// these names from it.
fn ca() -> CertificateParams {
    let mut ca = params("WeChat emulator, not WeChat: test CA", CA_LIFE);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("weixin.qq.com".to_owned()),
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv4Addr::LOCALHOST.into(), 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv6Addr::LOCALHOST.into(), 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    ca
}

fn server() -> CertificateParams {
    let mut server = params("WeChat emulator, not WeChat", CERTIFICATE_LIFE);
    let dns = WECHAT_HOSTS.into_iter().chain(["localhost"]);
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
    server.subject_alt_names = dns
        .filter_map(|name| name.try_into().ok())
        .map(SanType::DnsName)
        .chain(loopback.map(SanType::IpAddress))
        .collect();
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python 3.13 refuses a certificate without it.
    server.use_authority_key_identifier_extension = true;
    server
}

/// Good since yesterday, for clients whose clocks are behind.
fn params(name: &str, life: Duration) -> CertificateParams {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = epoch + now.saturating_sub(DAY);
    params.not_after = epoch + now + life;
    params
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
