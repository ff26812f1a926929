//! TLS: a certificate from two files, which can be replaced while the server runs.

use super::config::TlsFiles;
use crate::error::{Error, Result};
use crate::fs;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// The certificate that is shown to clients now.
#[derive(Debug)]
pub struct Certificate {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    pub fn load(files: &TlsFiles) -> Result<Certificate> {
        Ok(Certificate { files: files.clone(), current: RwLock::new(Arc::new(read(files)?)) })
    }

    /// Reads the files again. When they make no sense the old certificate stays.
    pub fn reload(&self) -> Result<()> {
        let fresh = Arc::new(read(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// TLS configuration: 1.2 and 1.3, HTTP/1.1 inside.
pub fn config(certificate: Arc<Certificate>) -> Result<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::failed(format!("cannot set up TLS: {error}")))?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(files: &TlsFiles) -> Result<CertifiedKey> {
    let bad = |path: &Path, why: String| {
        Error::usage(format!("cannot use \"{}\" for TLS: {why}", path.display())).hint(
            "`--tls-cert` and `--tls-key` name PEM files: the chain of certificates, and its private key",
        )
    };
    let chain = CertificateDer::pem_slice_iter(&fs::read(&files.certificate)?)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|error| bad(&files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(&files.certificate, "it has no certificate".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(&fs::read(&files.key)?).map_err(|error| match error {
            pem::Error::NoItemsFound => bad(&files.key, "it has no private key".to_owned()),
            error => bad(&files.key, error.to_string()),
        })?;
    CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            bad(&files.key, "it is the key of another certificate".to_owned())
        }
        error => bad(&files.key, error.to_string()),
    })
}
